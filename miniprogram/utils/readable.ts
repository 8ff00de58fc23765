/** What somebody typed or pasted, as the server takes it. Pure. */

/** Half characters, control signs but for line breaks, and signs that turn the direction of text: contacts and chats copy them along. */
const UNSEEN = /[\p{Cs}\u202a-\u202e\u2066-\u2069]|(?![\n\r\t])\p{Cc}/gu
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

/** Without what nobody sees; '' where nothing else is left. */
export function readable(text: string): string {
  const seen = text.replace(UNSEEN, '').trim()
  return VISIBLE.test(seen) ? seen : ''
}
