"""What every page must be, asked of the browser that has laid it out: nothing beside the screen, nothing cut off, targets that a
thumb hits, contrast, the order of the keys as the order of the eyes, a name for everything that can be used.

Not responsible for words.
"""

from typing import Any

from tests.helpers.browser import Tab

TARGET_PX = 44
FOCUS_PX = 3
CONTRAST = 4.5
CONTRAST_LARGE = 3.0

_LAYOUT = """
(target => {
  const faults = [];
  const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : e.className ? '.' + e.className : '');
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) faults.push('wider than the screen: ' + wide);
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('.unseen, svg')) continue;
    const r = e.getBoundingClientRect();
    if (r.width && (r.left < -0.5 || r.right > innerWidth + 0.5)) faults.push('beside the screen: ' + name(e));
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth && getComputedStyle(e).display !== 'inline' && e.tagName !== 'INPUT')
      faults.push('cut off: ' + name(e));
  }
  let last = -Infinity;
  for (const e of document.querySelectorAll('a[href], button, input:not([type=hidden])')) {
    const r = e.getBoundingClientRect();
    if (r.height < target || r.width < target)
      faults.push('small target ' + Math.round(r.width) + 'x' + Math.round(r.height) + ': ' + name(e));
    if (r.top < last - 1) faults.push('before what it follows: ' + name(e));
    last = r.top;
  }
  for (const e of document.querySelectorAll('input:not([type=hidden])')) {
    if (!document.querySelector('label[for=' + e.id + ']')) faults.push('no label: ' + name(e));
    for (const id of (e.getAttribute('aria-describedby') || '').split(' ').filter(Boolean))
      if (!document.getElementById(id)) faults.push('described by nothing: ' + name(e));
    if (e.inputMode !== 'numeric' || e.autocomplete !== 'off') faults.push('not for digits: ' + name(e));
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one heading');
  return faults;
})
"""

_CONTRAST = """
(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; };
  const linear = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c[3] === 1) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || e.closest('.unseen')) continue;
    const s = getComputedStyle(e);
    const a = light(parse(s.color).slice(0, 3)), b = light(behind(e));
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    found.push([n.data.trim().slice(0, 40), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), large]);
  }
  return found;
})()
"""

_FOCUS = """
(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)]; })()
"""


def check_page(tab: Tab) -> None:
    """Everything that can be measured on the page as it is. Fails with all that is wrong."""
    faults: list[Any] = list(tab.value(f"{_LAYOUT}({TARGET_PX})"))
    for text, ratio, large in tab.value(_CONTRAST):
        if ratio < (CONTRAST_LARGE if large else CONTRAST):
            faults.append(f"contrast {ratio:.2f}: {text}")
    names = tab.names()
    faults += [
        f"a {role} without a name"
        for role in ("textbox", "button", "link", "heading")
        for one in names.get(role, [])
        if not one
    ]
    faults += tab.complaints()
    assert not faults, f"{tab.title}: {faults}"


def check_focus(tab: Tab) -> None:
    """What has the focus shows it thickly."""
    style, width = tab.value(_FOCUS)
    assert style != "none" and width >= FOCUS_PX, f"focus {style} {width}"
