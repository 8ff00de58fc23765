/** The customer's mini-program, beside the chats: the program itself, as it is built for a phone. */
import { el } from './dom.js'

/** Whose program is open, and where. */
let opened = null
/** The same document with another place would not start anew: each wanted page is a document of its own. */
let visits = 0

/** Opens it when it is looked at first; for the same person it stays where it is, unless a page is wanted. */
export function showMini(isShown, personId, page) {
  el('customer-mini').hidden = !isShown
  el('customer-screen').hidden = isShown
  el('say').hidden = isShown
  if (!isShown || !personId || (opened === personId && !page)) return
  opened = personId
  const frame = el('customer-mini')
  const query = new URLSearchParams({ person: personId, ...(page ? { visit: ++visits } : {}) })
  frame.src = `/phone/app.html?${query}${page ? `#/${page.replace(/^\//, '')}` : ''}`
}

/** The program sends whoever asks for a person to the chat. */
export function onChatOpened(run) {
  addEventListener('message', ({ origin, data }) => {
    if (origin === location.origin && data?.type === 'aftercare:chat-opened') run()
  })
}
