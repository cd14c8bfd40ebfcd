"""Folders of files: what to put there, and what to look at afterwards."""


def tree(folder):
    """Return every path below a folder with what it holds: nothing that a command writes goes unnoticed."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def write(folder, files):
    """Write files, given as text or bytes; None makes a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
