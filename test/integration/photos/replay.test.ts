/** `npm run replay` on photos: one that was given up is drawn once the cause is mended; one that has its pictures is left alone. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { MINUTE_MS } from '../../../src/platform/clock.ts'
import { corners } from '../../support/pictures.ts'
import { photosWorld } from './support.ts'

const world = await photosWorld()
const uri = (process.env.MONGODB_URI ?? '').replace(/\/[^/?]*(\?|$)/, `/${world.db.name}$1`)
const replay = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'scripts/replay-event.ts', ...args], {
    env: { ...process.env, MONGODB_URI: uri },
    encoding: 'utf8',
  }).stdout

test('a photo that was given up is drawn once its file can be read again', async () => {
  const jpeg = await corners(600, 400).jpeg().toBuffer()
  const well = String((await world.send(jpeg)).body.id)
  await world.work()
  const files = world.db.collection<{ _id: string }>('photo_blobs.files')
  const known = (await files.find().toArray()).map(({ _id }) => _id)
  // Of one instant either may be listed first.
  world.clock.advance(MINUTE_MS)
  const lost = String((await world.send(jpeg)).body.id)
  const [file] = await files.find({ _id: { $nin: known } }).toArray()
  if (!file) throw new Error('the photo has a file')
  await files.deleteOne({ _id: file._id })
  for (let i = 0; i < 8; i++) {
    await world.work()
    world.clock.advance(40 * MINUTE_MS)
  }
  expect(replay()).toContain(`photos: 1 parked\n  ${lost}  jpeg · not_found\n`)
  await files.insertOne(file)
  expect(replay(well)).toBe('0 due again\n')
  expect(replay(lost)).toBe('1 due again\n')
  // What was made due is due by the machine's time.
  world.clock.set(new Date())
  await world.work()
  expect(await world.room.failedCount()).toBe(0)
  const { body } = await world.json('GET', '/api/mp/photos')
  expect(body.items).toMatchObject([
    { id: lost, state: 'ready' },
    { id: well, state: 'ready' },
  ])
  expect(world.told).toHaveLength(2)
})
