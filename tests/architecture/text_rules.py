"""Rules for templates, style sheets and files of every kind: text in, faults out."""

import re

LONGEST = 400

INLINE_STYLE = re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE)
INLINE_HANDLER = re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.IGNORECASE | re.DOTALL)
JAVASCRIPT_ADDRESS = re.compile(r"(href|src|action)\s*=\s*[\"']\s*javascript:", re.IGNORECASE)

# Left and right change places in Arabic; start and end do not. Of margins and paddings four values name the sides too.
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)\b[\w-]*"
    r"|border-(?:top|bottom)-(?:left|right)-radius|left|right|top|bottom)\s*:"
)
PHYSICAL_VALUE = re.compile(r"(?<![\w-])(?:text-align|float|clear|caption-side)\s*:\s*(?:left|right)\b")
FOUR_SIDES = re.compile(r"(?<![\w-])(?:margin|padding|inset)\s*:\s*([^;}]+)")

MACHINE_PATHS = (
    re.compile(r"(?<![\w.])/" + "work/"),
    re.compile(r"(?<![\w.])/" + "root/"),
    re.compile(r"(?<![\w.])/" + "home/(?!konsilium\\b)[a-z]+"),
    re.compile(r"/" + "tmp/" + "plan"),
)


def faults_of_template(text: str) -> list[str]:
    """What the content security policy refuses: inline style, inline script, handlers."""
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)
    found = [f"inline style: {_near(text, match)}" for match in INLINE_STYLE.finditer(text)]
    found += [
        f"event handler in an attribute: {_near(text, match)}" for match in INLINE_HANDLER.finditer(text)
    ]
    found += [f"javascript: address: {_near(text, match)}" for match in JAVASCRIPT_ADDRESS.finditer(text)]
    for match in SCRIPT.finditer(text):
        attributes, body = match.groups()
        is_data = re.search(r"type\s*=\s*[\"']application/(ld\+)?json", attributes)
        if body.strip() and not is_data:
            found.append(f"inline script: {_near(text, match)}")
    return found


def _near(text: str, match: "re.Match[str]") -> str:
    line = text.count("\n", 0, match.start()) + 1
    return f"line {line}, {' '.join(match.group(0).split())[:60]}"


def faults_of_style_sheet(text: str) -> list[str]:
    """Physical sides, where logical ones exist."""
    text = re.sub(r"/\*.*?\*/", lambda match: "\n" * match.group(0).count("\n"), text, flags=re.DOTALL)
    found = [f"physical side: {_near(text, match)}" for match in PHYSICAL.finditer(text)]
    found += [f"physical side: {_near(text, match)}" for match in PHYSICAL_VALUE.finditer(text)]
    for match in FOUR_SIDES.finditer(text):
        values = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", match.group(1))).split()
        if len(values) == 4 and values[1] != values[3]:
            found.append(f"left and right differ: {_near(text, match)}")
    return found


def faults_of_length(text: str) -> list[str]:
    lines = text.count("\n")
    # The reason stands in the file itself, near its head.
    if lines <= LONGEST or "Longer than 400 lines because" in text[:2000]:
        return []
    return [f"{lines} lines; split it, or say near its head “Longer than 400 lines because …”"]


def faults_of_paths(text: str) -> list[str]:
    """Addresses of somebody's own machine."""
    return [
        f"names a place on one machine: {_near(text, match)}"
        for pattern in MACHINE_PATHS
        for match in pattern.finditer(text)
    ]
