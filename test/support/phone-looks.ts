/// <reference lib="dom" />
/** What an eye, a finger and a screen reader would stumble over on the page on top, in words; nothing where all is well. */
import type { Page } from 'playwright-core'

/** @param width of the screen in px, which it is given first */
export async function stumblesOf(page: Page, width: number): Promise<string[]> {
  const height = page.viewportSize()?.height ?? 780
  await page.setViewportSize({ width, height })
  return page.evaluate(inPage)
}

/** Runs in the page, so everything it needs stands inside. */
function inPage(): string[] {
  const LEAST_CONTRAST = 4.5
  const LEAST_FONT_PX = 12
  const CONTROLS =
    '[role=button], [role=link], [role=tab], [role=radio], [role=checkbox], wx-button, input, textarea, select'
  const host = document.querySelector('wx-page-host:not([hidden])')
  if (!host) return ['no page is shown']
  const found: string[] = []

  const isShown = (node: Element) => {
    const { width, height } = node.getBoundingClientRect()
    return width > 0 && height > 0 && getComputedStyle(node).visibility === 'visible'
  }
  const wordsOf = (node: Element) => (node.textContent ?? '').trim().slice(0, 24)

  type Colour = [number, number, number, number]
  const colour = (css: string): Colour => {
    const [r = 0, g = 0, b = 0, a = 1] = (css.match(/[\d.]+/g) ?? []).map(Number)
    return [r, g, b, a]
  }
  const over = ([r, g, b, a]: Colour, [x, y, z]: Colour): Colour => [
    r * a + x * (1 - a),
    g * a + y * (1 - a),
    b * a + z * (1 - a),
    1,
  ]
  function groundOf(node: Element): Colour {
    const layers: Colour[] = []
    for (let above: Element | null = node; above; above = above.parentElement) {
      const layer = colour(getComputedStyle(above).backgroundColor)
      if (layer[3] > 0) layers.unshift(layer)
      if (layer[3] === 1) break
    }
    return layers.reduce((under, layer) => over(layer, under), [255, 255, 255, 1] as Colour)
  }
  const light = ([r, g, b]: Colour) => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((one) => {
      const share = one / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  function contrastOf(node: Element, css: string): number {
    let [r, g, b, a] = colour(css)
    for (let above: Element | null = node; above; above = above.parentElement)
      a *= Number(getComputedStyle(above).opacity)
    const ground = groundOf(node)
    const [one, two] = [light(over([r, g, b, a], ground)), light(ground)]
    return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
  }
  const isOff = (node: Element) => node.closest('[aria-disabled=true], [disabled]') !== null
  function look(node: Element, css: string, words: string) {
    const contrast = contrastOf(node, css)
    if (contrast < LEAST_CONTRAST && !isOff(node)) found.push(`contrast ${contrast.toFixed(2)}: ${words}`)
  }

  const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT)
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement
    const words = (text.textContent ?? '').trim()
    // What WeChat itself draws around the page is not ours.
    if (!node || words === '' || !isShown(node) || node.closest('mp-nav, mp-tabbar, style, option')) continue
    const { color, fontSize } = getComputedStyle(node)
    look(node, color, words.slice(0, 24))
    if (Number.parseFloat(fontSize) < LEAST_FONT_PX) found.push(`font ${fontSize}: ${words.slice(0, 24)}`)
    const range = document.createRange()
    range.selectNodeContents(text)
    const box = range.getBoundingClientRect()
    const edge = node.closest('[role=button], [role=tab], [role=radio], [role=link], [class*=tag], wx-button')
    const around = edge?.getBoundingClientRect()
    if (around && (box.left < around.left - 1 || box.right > around.right + 1))
      found.push(`wider than its box: ${words.slice(0, 24)}`)
    if (around && (box.top < around.top - 1 || box.bottom > around.bottom + 1))
      found.push(`higher than its box: ${words.slice(0, 24)}`)
    if (getComputedStyle(node).overflowX === 'hidden' && node.scrollWidth > node.clientWidth + 1)
      found.push(`cut off: ${words.slice(0, 24)}`)
  }

  for (const field of host.querySelectorAll<HTMLInputElement>('input, textarea'))
    if (field.placeholder && field.value === '' && isShown(field))
      look(field, getComputedStyle(field, '::placeholder').color, field.placeholder)

  for (const control of host.querySelectorAll(CONTROLS)) {
    const name = control.getAttribute('aria-label') ?? control.textContent ?? ''
    if (isShown(control) && name.trim() === '') found.push(`without a name: ${control.outerHTML.slice(0, 120)}`)
  }
  for (const picture of host.querySelectorAll('wx-image img'))
    if (isShown(picture) && !picture.getAttribute('alt') && !picture.closest('[aria-label]'))
      found.push(`a picture without words: ${picture.outerHTML.slice(0, 80)}`)
  for (const icon of host.querySelectorAll('wx-label[class*="t-icon-"]')) {
    const { maskImage, webkitMaskImage } = getComputedStyle(icon, '::before')
    if (isShown(icon) && (maskImage || webkitMaskImage) === 'none')
      found.push(`an icon that isn't there: ${icon.className}`)
  }
  // Controls that a finger would hit two of.
  const targets = [
    ...host.querySelectorAll('[role=button], [role=tab], [role=radio], [role=checkbox], wx-button'),
  ].filter((node) => isShown(node) && !node.closest('mp-tabbar'))
  for (const [i, one] of targets.entries())
    for (const other of targets.slice(i + 1)) {
      if (one.contains(other) || other.contains(one)) continue
      const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()]
      const isOver =
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2
      const isFixed = [one, other].some((node) => node.closest('[class*=bar]'))
      if (isOver && !isFixed) found.push(`one over the other: ${wordsOf(one)} / ${wordsOf(other)}`)
    }
  return [...new Set(found)]
}

/** Largest patch that any page or component was given since the last call, in bytes of JSON, by page. */
export async function watchPatches(page: Page): Promise<() => Promise<Record<string, number>>> {
  await page.evaluate(() => {
    const shell = (window as unknown as { __mp: { top(): { path: string; inst: object } | undefined } }).__mp
    const sizes: Record<string, number> = {}
    Object.assign(window, { patchSizes: sizes })
    let holder: object = shell.top()?.inst ?? {}
    while (!Object.hasOwn(holder, 'setData')) holder = Object.getPrototypeOf(holder)
    const methods = holder as { setData(this: unknown, patch: object, ...more: unknown[]): unknown }
    const { setData } = methods
    methods.setData = function (patch, ...more) {
      const path = shell.top()?.path ?? ''
      sizes[path] = Math.max(sizes[path] ?? 0, new Blob([JSON.stringify(patch)]).size)
      return setData.call(this, patch, ...more)
    }
  })
  return () => page.evaluate(() => (window as unknown as { patchSizes: Record<string, number> }).patchSizes)
}
