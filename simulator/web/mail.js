/** A mail as the phone's list of messages shows it. */
export const mailRow = ({ at, text, payload }) => ({
  at,
  who: `邮件 · ${payload.from || payload.address}`,
  text: `${payload.subject}\n${text}`,
})
