"""Take the pictures of docs/screenshots anew. In: the address of a service over the official data. Out: PNG files.

python docs/take_screenshots.py http://127.0.0.1:8000    # served with METIERS_BASE_URL=https://metiers.example.org
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

FOLDER: Final = Path(__file__).parent / "screenshots"
LIST: Final = "id=MET.17&id=MET.242&id=MET.30"

SHOTS: Final = {
    "accueil-1280": ("/", 1280, 800),
    "accueil-360": ("/", 360, 740),
    "recherche-360": ("/?q=bois", 360, 740),
    "search": ("/?q=boulanger", 1280, 900),
    "fiche-1280": ("/metiers/MET.17", 1280, 900),
    "fiche-360": ("/metiers/MET.17", 360, 740),
    "chemin-360": ("/metiers/MET.435#formations", 360, 740),
    "liste-1280": (f"/selection?{LIST}&nom=3e+B%2C+stage+de+f%C3%A9vrier#partager", 1280, 900),
    "comparer": (f"/comparer?{LIST}", 1280, 900),
    "classe": (f"/classe?{LIST}&nom=3e+B", 688, 1032),
    "carte": ("/carte", 1280, 900),
    "carte-360": ("/carte?q=bois", 360, 740),
    "carte-zoom": ("/carte?q=sant%C3%A9", 1280, 900),
}
"""The address, width and height in pixels of each picture."""


def prepare(page: Page, name: str) -> None:
    """Bring a page into the state that its picture shows."""
    page.evaluate("document.fonts.ready.then(() => true)")
    page.emulate_media(media="print" if name == "classe" else "screen")
    if name == "carte-zoom":
        for _ in range(3):
            page.get_by_role("button", name="Agrandir").click()


def main(address: str) -> None:
    """Take all pictures of a service."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (path, width, height) in SHOTS.items():
            page = browser.new_page(
                base_url=address, viewport={"width": width, "height": height}, locale="fr-FR", reduced_motion="reduce"
            )
            page.goto(path)
            prepare(page, name)
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
