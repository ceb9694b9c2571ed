"""What SQLite can complain of, in words that say what to do: for those who may not know SQLite."""

from sqlite3 import Error as StoreError

from node.store.migrations import NewerSchemaError

__all__ = ["StoreError", "explain_failure"]


def explain_failure(error: StoreError) -> str:
    """One line with advice."""
    text = str(error)
    if "locked" in text or "busy" in text:
        advice = "Another process has been writing for too long; try again in a moment."
    elif isinstance(error, NewerSchemaError):
        return f"The database cannot be used: {text}."
    elif "not a database" in text or "malformed" in text:
        advice = "The database file is damaged; restore krets.db from the backup."
    elif "full" in text:
        advice = "Make room on the disk, then try again."
    else:
        advice = "Check that you may read and write the node's folder."
    return f"The database says: {text}. {advice}"
