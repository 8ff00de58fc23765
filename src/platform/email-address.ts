/** What an email address looks like, and which one mails come from. Pure. */

const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

/** ASCII, with a dotted domain, no longer than SMTP takes. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const [local, labels] = [text.slice(0, at), text.slice(at + 1).split('.')]
  if (at < 1 || local.length > 64 || text.length > 254 || !LOCAL.test(local)) return false
  return labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

/** `l***@example.com` */
export const maskEmail = (address: string): string => address.replace(/^(.).*(?=@)/, '$1***')

/** The user of a mail server's address where that is an email address, as it is with most providers; else null. */
export function senderOf(smtpUrl: string): string | null {
  try {
    const user = decodeURIComponent(new URL(smtpUrl).username)
    return isEmail(user) ? user : null
  } catch {
    return null
  }
}
