"""Models from a hub: pulled once, verified to the byte, used offline ever after.

Takes a name such as ``zai-org/GLM-4.6V-Flash``, gives the folder it stands in.
Knows no engine: a folder is only files, their sizes and their sha256.
"""

from idolens.vlm.checkpoints.hub import Hub, Listing, RemoteFile
from idolens.vlm.checkpoints.hubs import HUBS, open_hub
from idolens.vlm.checkpoints.pulling import Progress, Pulled, pull
from idolens.vlm.checkpoints.shelf import Damage, Shelf, Stored, open_shelf

__all__ = [
    "HUBS",
    "Damage",
    "Hub",
    "Listing",
    "Progress",
    "Pulled",
    "RemoteFile",
    "Shelf",
    "Stored",
    "open_hub",
    "open_shelf",
    "pull",
]
