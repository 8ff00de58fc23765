/** Elements by hand: text is never read as markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props?: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K]
export function make(tag: string, props?: Partial<HTMLElement>, ...children: (Node | string)[]): HTMLElement
export function make(tag: string, props: object = {}, ...children: (Node | string)[]): HTMLElement {
  const node = Object.assign(document.createElement(tag), props)
  node.append(...children)
  return node
}

/** `fooBar` as `foo-bar`. */
export const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
