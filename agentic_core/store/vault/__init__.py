"""Keys sealed in the application: AES-256-GCM under a key of their own, which is wrapped under a deployment's key.

The wrapping keys are derived from root keys that are in no database. Nothing here logs, and no error repeats a key.
"""

from agentic_core.store.vault.key_ring import KeyRing, WrappingKeys
from agentic_core.store.vault.key_vault import LeasedKeyOpener, SealingKeyVault
from agentic_core.store.vault.rewrapping import Rewrapping

__all__ = ["KeyRing", "LeasedKeyOpener", "Rewrapping", "SealingKeyVault", "WrappingKeys"]
