"""What users named, where it must fit a text format or a file system: as it was where it can be, and never two alike."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping

# XML and YAML carry none of these, UTF-8 no halves of surrogate pairs; line separators would break lines.
_UNCARRIED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
# What Windows refuses in names, and marks that make a name look like another.
_UNSAFE = re.compile('[<>:"/\\\\|?*\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f]')
# [Windows, Naming Files, Paths, and Namespaces]: also with any extension.
_DEVICES = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
# Bytes of a folder's name: file systems take 255, and Windows 260 of the whole path.
_LONGEST = 80


def unique_labels(names: Mapping[str, str]) -> dict[str, str]:
    """Names by id, as text of one line that every format carries."""
    return _unique(names, as_label, lambda label: label, ())


def unique_folders(names: Mapping[str, str], reserved: Collection[str] = ()) -> dict[str, str]:
    """Names by id, as names of folders that no file system takes for one another, or for one of `reserved`."""
    return _unique(names, _folder, _as_folder_systems_compare, reserved)


def _unique(
    names: Mapping[str, str],
    fit: Callable[[str], str],
    key: Callable[[str], str],
    reserved: Collection[str],
) -> dict[str, str]:
    """A name that another one would meet has its id's first digits behind it, whichever comes first."""
    fitting = {identity: fit(name) for identity, name in names.items()}
    wanted = Counter([*map(key, fitting.values()), *map(key, reserved)])
    taken = set(wanted)
    for identity, name in fitting.items():
        if wanted[key(name)] > 1:
            short = f"{name}-{identity[:8]}"
            fitting[identity] = f"{name}-{identity}" if key(short) in taken else short
            taken.add(key(fitting[identity]))
    return fitting


def as_label(name: str) -> str:
    """Text of one line."""
    return _UNCARRIED.sub("\ufffd", name).strip() or "\ufffd"


def _folder(name: str) -> str:
    safe = _UNSAFE.sub("_", _UNCARRIED.sub("_", unicodedata.normalize("NFC", name)))
    safe = safe.encode()[:_LONGEST].decode(errors="ignore").lstrip(" ").rstrip(" .")
    if not safe or safe.startswith(".") or _DEVICES.fullmatch(safe):
        safe = f"_{safe}"
    return safe


def _as_folder_systems_compare(name: str) -> str:
    """Windows and macOS know no case; macOS no difference between one spelling of a letter in Unicode and another."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).upper().casefold())
