/** Lists of the page behind the phones. */
import { el, make } from './dom.js'

export const option = (value, text) => make('option', { value, text })

/** Drawn only when it changed: what is being pressed or read stays where it is. */
const drawn = new Map()
export function draw(id, nodes, about) {
  const mark = JSON.stringify(about)
  if (drawn.get(id) === mark) return
  drawn.set(id, mark)
  el(id).replaceChildren(...nodes())
}
