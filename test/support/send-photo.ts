/** A small photo in one request, as `wx.uploadFile` sends it. */
import { createHash } from 'node:crypto'

/** The form of it; `over` replaces single fields. */
export function photoForm(bytes: Buffer, over: Record<string, string> = {}): FormData {
  const form = new FormData()
  const fields = {
    submissionId: 'a-photo-of-tests',
    angle: 'front',
    purpose: 'care',
    bytes: String(bytes.length),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...over,
  }
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), 'photo.jpg')
  return form
}

/** Sends it as whoever has the token. @throws Error it was refused */
export async function sendPhoto(address: string, token: string, form: FormData): Promise<string> {
  const response = await fetch(`${address}/api/mp/photos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  })
  if (!response.ok) throw new Error(`the photo is answered ${response.status}: ${await response.text()}`)
  return String(((await response.json()) as { id: unknown }).id)
}
