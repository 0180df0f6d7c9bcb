"""What reading a file comes to whose bytes are not those that were written: a part of it may still be read as JSON."""

from steward.archive.errors import BlobDamaged
from steward.archive.manifest import LineMalformed

UNREADABLE = (BlobDamaged, LineMalformed, ValueError, LookupError, TypeError, AttributeError)
