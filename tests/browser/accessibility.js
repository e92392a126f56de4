// What a reader with a screen reader, a keyboard or weak eyes meets on a page; run by test_accessibility.py.
() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;

  const name = (e) => {
    const by = (e.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "");
    const labels = [...(e.labels || [])].map((l) => l.textContent);
    return [e.getAttribute("aria-label"), ...by, ...labels, e.textContent, e.title].find((t) => t && t.trim()) || "";
  };

  // "rgba(r, g, b, a)" or "rgb(r, g, b)" laid over an opaque colour
  const numbers = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const over = (colour, ground, opacity = 1) => {
    const [r, g, b, a = 1] = numbers(colour);
    return [r, g, b].map((c, k) => c * a * opacity + ground[k] * (1 - a * opacity));
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ancestors = (e) => { const line = []; for (let x = e; x; x = x.parentElement) line.unshift(x); return line; };
  const contrast = (e) => {
    const box = e.getBoundingClientRect(), middle = [box.x + box.width / 2, box.y + box.height / 2];
    const behind = (b) => b.left <= middle[0] && middle[0] <= b.right && b.top <= middle[1] && middle[1] <= b.bottom;
    let ground = [255, 255, 255], opacity = 1;
    for (const x of ancestors(e)) {
      const style = getComputedStyle(x);
      opacity *= Number(style.opacity);
      if (x === document.body || behind(x.getBoundingClientRect())) ground = over(style.backgroundColor, ground);
    }
    const style = getComputedStyle(e);
    const text = over(e instanceof SVGElement ? style.fill : style.color, ground, opacity);
    const [low, high] = [luminance(text), luminance(ground)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  const own = (e) => [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join(" ").trim();
  const texts = [...document.querySelectorAll("body *")].filter(
    (e) => own(e) && shown(e) && !e.closest("script, style, canvas, [disabled], [aria-disabled=true], [aria-hidden=true]"));
  const controls = "button, input:not([type=hidden]), textarea, select, a[href], [role=slider], [role=tab], [role=switch]";
  return {
    title: document.title,
    headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(shown).map((h) => [Number(h.tagName[1]), h.textContent]),
    unnamed: [...document.querySelectorAll(controls)].filter((e) => shown(e) && !name(e)).map((e) => e.outerHTML.slice(0, 160)),
    charts: [...document.querySelectorAll("[data-testid=stPlotlyChart]")].map((e) => e.getAttribute("aria-label") || ""),
    pictures: [...document.querySelectorAll("[data-testid=stMain] img")].map((e) => e.alt),
    faint: texts.map((e) => [own(e).slice(0, 60), Math.round(100 * contrast(e)) / 100]).filter(([, c]) => c < 4.5),
    n_texts: texts.length,
  };
}
