/** Names that nobody guesses: what is sent under one counts once, however often it is sent. */

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz'
const LENGTH = 24

/** @returns 24 letters and digits */
export function newSubmissionId(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[Math.floor(Math.random() * LETTERS.length)]).join('')
}
