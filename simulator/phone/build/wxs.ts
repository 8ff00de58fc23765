/** Where WXS is not JavaScript, and its authors count on it. */

const CONSTRUCTOR = /([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*|\[[^\]]*\])*)\.constructor\b/g
/** Comments first: an apostrophe in one begins no string. */
const PIECE = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/g
const ESCAPE = /\\([\s\S])/g
const KNOWN_ESCAPES = new Set([...'bfnrtv0xu\'"\\\n'])

/** `x.constructor` is a name ('Array'), not a function. */
const withConstructorNames = (source: string): string => source.replace(CONSTRUCTOR, '__mp.wxsConstructor($1)')

/** An escape that means nothing keeps its backslash: `getRegExp('\d+')` is about digits. */
const withBackslashes = (source: string): string =>
  source.replace(PIECE, (piece) => {
    if (piece.startsWith('/')) return piece
    return piece.replace(ESCAPE, (whole, letter: string) => (KNOWN_ESCAPES.has(letter) ? whole : `\\${whole}`))
  })

export const asJavaScript = (wxs: string): string => withBackslashes(withConstructorNames(wxs))
