"""Sentences for people, in which words of others are text and nothing else."""

from rich.console import Console
from rich.text import Text


def readable(value: object) -> Text:
    """Names and reasons come from others: nothing in them steers a terminal, or is taken for markup."""
    return Text("".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(value)))


def say(console: Console, *sentences: object) -> None:
    for sentence in sentences:
        console.print(readable(sentence), soft_wrap=True)
