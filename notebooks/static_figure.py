"""A Plotly figure as a picture, drawn by the machine's Chromium; without one, the figure itself."""

import pathlib
import shutil
import subprocess
import tempfile

from IPython.display import Image

WIDTH, HEIGHT = 860, 320
WITHIN_SECONDS = 120


def show(fig):
    chromium = shutil.which("chromium")
    if chromium is None:
        return fig
    fig.update_layout(width=WIDTH, height=HEIGHT, margin={"l": 60, "r": 10, "t": 40, "b": 30})
    with tempfile.TemporaryDirectory() as folder:
        page, picture = pathlib.Path(folder, "figure.html"), pathlib.Path(folder, "figure.png")
        fig.write_html(page, include_plotlyjs=True, config={"displayModeBar": False})
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        arguments += [f"--window-size={WIDTH + 16},{HEIGHT + 16}", f"--screenshot={picture}"]
        arguments += [f"--user-data-dir={folder}/profile", "--virtual-time-budget=5000"]
        subprocess.run(
            [chromium, *arguments, page.as_uri()], check=True, capture_output=True, timeout=WITHIN_SECONDS
        )
        return Image(picture.read_bytes())
