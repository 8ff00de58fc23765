/** What a member's remark and tags say of a customer. Pure. */

/** WeCom cuts nothing: a longer remark is refused. */
const REMARK_CHARS = 20
const BETWEEN = ' · '

/** 王芳 · 热玛吉; where both don't fit, the name stays whole as long as it can. */
export function remarkOf(name: string, treatment: string | null): string {
  const chars = [...name]
  if (treatment === null || name === '') return chars.slice(0, REMARK_CHARS).join('')
  const room = REMARK_CHARS - chars.length - BETWEEN.length
  if (room < 1) return chars.slice(0, REMARK_CHARS).join('')
  return `${name}${BETWEEN}${[...treatment].slice(0, room).join('')}`
}

/**
 * Whether the remark may be written: what a member has written by hand stays. `written` is what this server wrote last, and the
 * customer's own name is what WeCom puts there by itself.
 */
export const mayWriteRemark = (now: string, ownName: string, written: string | null): boolean =>
  now === '' || now === ownName || now === written

/** Tags to put on and to take off; of those on the customer only what this server put there is ever taken off. */
export function tagChanges(
  wanted: readonly string[],
  there: readonly string[],
  written: readonly string[],
): { add: string[]; remove: string[] } {
  return {
    add: wanted.filter((id) => !there.includes(id)),
    remove: written.filter((id) => there.includes(id) && !wanted.includes(id)),
  }
}
