/** Photos in the mini-program: who agrees to them, and who sends how many. Over HTTP, as a phone does it. */
import { createHash } from 'node:crypto'
import { list, record, text } from '../api/types.ts'
import { between, chance, opaque } from '../chance.ts'
import { codePicture } from '../png.ts'
import type { Call } from './mini-program.ts'

const SENDS = 0.45
const AGREES = 0.8
const MOST = 3
const PIXELS = 290

/** Whoever has just said how it goes may show it, too: agrees first, and takes what the page asks for. */
export async function showRecovery(seed: number, personId: string, call: Call, about: string): Promise<void> {
  if (chance(seed, personId, about, 'shows a photo') > SENDS) return
  if (!(await agrees(seed, personId, call))) return
  const [newest] = list((await call('GET', '/photo-guides'))?.treatments).map(record)
  const treatmentId = text(newest?.treatmentId)
  if (!treatmentId) return
  const guide = await call('GET', `/photo-guides?treatmentId=${treatmentId}`)
  const shots = list(guide?.shots).slice(0, between(1, MOST, seed, personId, about, 'how many'))
  for (const shot of shots) {
    const angle = text(record(shot).angle)
    const picture = codePicture(`${personId} ${about} ${angle}`, PIXELS)
    const form = new FormData()
    form.set('submissionId', opaque(24, seed, personId, about, angle))
    form.set('treatmentId', treatmentId)
    form.set('angle', angle)
    form.set('bytes', String(picture.length))
    form.set('sha256', createHash('sha256').update(picture).digest('hex'))
    form.set('purpose', 'care')
    form.set('file', new Blob([new Uint8Array(picture)], { type: 'image/png' }), 'photo.png')
    await call('POST', '/photos', form)
  }
}

/** What the program asks before the first photo; each purpose by itself, and said once. */
async function agrees(seed: number, personId: string, call: Call): Promise<boolean> {
  const documents = list((await call('GET', '/consents'))?.items).map(record)
  for (const { purpose, version, granted } of documents) {
    if (purpose !== 'photos_care') continue
    if (granted === true) continue
    if (granted === false || chance(seed, personId, text(purpose), 'agrees') > AGREES) return false
    await call('PUT', `/consents/${text(purpose)}`, { version, granted: true })
  }
  return documents.length > 0
}
