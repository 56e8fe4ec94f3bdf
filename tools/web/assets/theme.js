// Sets the theme before anything is painted: the one in the URL, else the one chosen before, else the
// system's. A classic script, loaded in the head of every page, so that no page ever flashes.

(() => {
  const known = ['light', 'dark'];
  const given = new URLSearchParams(location.search).get('theme');
  let kept = null;
  try {
    kept = localStorage.getItem('lake.theme');
  } catch {
    // A browser that keeps nothing has the system's theme.
  }
  const theme = [given, kept].find((one) => one !== null && known.includes(one));
  if (theme) document.documentElement.dataset.theme = theme;
})();
