"""A folder a tag, as torchvision's ImageFolder, Keras and YOLO's classification read it."""

from steward.datasets.formats import SPLITS, Format, Placed
from steward.datasets.projects import Example


class FoldersByTag(Format):
    """An image of several tags is in each of their folders; an image without any is beside the parts, in a folder that no
    tool takes for a class."""

    def places(self, example: Example) -> tuple[str, ...]:
        name = self.file_name(example)
        if example.part not in SPLITS:
            return (f"{example.part}/{name}",)
        return tuple(f"{example.part}/{tag.folder}/{name}" for tag in example.tags)

    def add(self, placed: Placed) -> None:
        """The picture's place says everything."""

    def finish(self) -> None:
        # Classes are numbered by their folders, so that both parts need all of them.
        for part in SPLITS:
            self.target.make_folder(self.at(part))
            for category in self.project.categories.values():
                self.target.make_folder(self.at(f"{part}/{category.folder}"))
