/** Drawings beside care guides: `config/illustrations/*.svg`. Their `<title>` is the caption, in words for the customer. */

/** One of them, as a page shows it. */
export interface Drawing {
  caption: string
  /** The SVG itself, which `lintDrawing` has passed. */
  svg: string
}

const VIEW_BOX = 'viewBox="0 0 240 240"'
/** What a picture for a phone has no need of: code, foreign content, addresses, and text that needs a font. */
const REFUSED =
  /<(script|foreignObject|image|use|style|text|animate\w*|set|a)\b|\bon\w+=|href=|url\(|<!DOCTYPE|<!ENTITY/i

export const captionOf = (svg: string): string => /<title>([^<]*)<\/title>/.exec(svg)?.[1]?.trim() ?? ''

/** What is wrong with a drawing, one line each. Pure. */
export function lintDrawing(svg: string): string[] {
  const refused = REFUSED.exec(svg)?.[0]
  return [
    ...(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*>/.test(svg) ? [] : ['is no SVG drawing']),
    ...(svg.includes(VIEW_BOX) ? [] : [`is not drawn on ${VIEW_BOX}`]),
    ...(captionOf(svg) ? [] : ['has no <title>, the caption that customers read']),
    ...(refused ? [`contains ${refused}: a drawing is shapes only`] : []),
  ]
}
