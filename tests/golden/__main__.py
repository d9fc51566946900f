"""Write the golden file anew: `python -m tests.golden`, from the top of the repository. Say why in CHANGELOG.md."""

from tests.golden.golden_numbers import FILE, LEDGERS, ledgers, numbers, text

if __name__ == "__main__":
    FILE.write_text(text(numbers()), encoding="utf-8")
    print(f"wrote {FILE}")
    LEDGERS.write_text(text(ledgers()), encoding="utf-8")
    print(f"wrote {LEDGERS}")
