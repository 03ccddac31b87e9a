"""How much would be sent, in words."""


def size_text(count: int) -> str:
    """Bytes as people read them: "512 B", "3.4 kB", "217 MB"."""
    if count < 1000:
        return f"{count} B"
    value, unit = count / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
