/**
 * Wechaty knows no menus, customer service does. So a menu is a text whose last lines are numbered, which reads well in
 * every chat: `1 有帮助`; here they become buttons. Pure.
 */

export interface MenuText {
  head: string
  items: { id: string; label: string }[]
}

/** The vendor's limits: ten buttons, 128 bytes each. */
const MOST_ITEMS = 10
const MOST_BYTES = 128
const ITEM = /^(\d{1,2}) (\S.*)$/

export const menuItemId = (n: number): string => `bot_${n}`

/** The numbered lines at the end, where there are at least two and they count from one. */
export function menuIn(text: string): MenuText {
  const lines = text.trimEnd().split('\n')
  const items: MenuText['items'] = []
  for (let i = lines.length - 1; i >= 0; i--) {
    const match = ITEM.exec(lines[i] ?? '')
    if (!match?.[1] || !match[2]) break
    items.unshift({ id: menuItemId(Number(match[1])), label: `${match[1]} ${match[2]}` })
  }
  const counts = items.every(({ id }, i) => id === menuItemId(i + 1))
  const fits = items.every(({ label }) => Buffer.byteLength(label) <= MOST_BYTES)
  if (items.length < 2 || items.length > MOST_ITEMS || !counts || !fits) return { head: text, items: [] }
  const head = lines
    .slice(0, lines.length - items.length)
    .join('\n')
    .trimEnd()
  return head === '' ? { head: text, items: [] } : { head, items }
}
