/** What never reaches a log line, even when somebody forgets. */
import { expect, test } from 'vitest'
import { AppError } from '../../../src/platform/errors.ts'
import { createLog } from '../../../src/platform/log.ts'

function written(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = []
  write(createLog({ level: 'debug', destination: { write: (text: string) => void lines.push(text) } }))
  const line = lines.join('')
  return { ...(JSON.parse(line) as Record<string, unknown>), line }
}

test('an error keeps its class, code and places; the driver’s words lose their numbers, ours stay', () => {
  const cause = new TypeError('duplicate key { phone: "13800138000" }')
  const { err, line } = written((log) =>
    log.error({ err: new AppError('conflict', 'identity_taken', { customerId: 'c1' }, { cause }) }, 'failed'),
  )
  expect(err).toMatchObject({
    type: 'AppError',
    message: 'identity_taken',
    code: 'identity_taken',
    details: { customerId: 'c1' },
    at: expect.arrayContaining([expect.stringContaining('log.test.ts')]),
    cause: { type: 'TypeError', message: 'duplicate key { phone: "…" }' },
  })
  expect(line).not.toContain('13800138000')
})

test('people and secrets in fields are hidden, one level deep as well; records show their ids only', () => {
  const person = { _id: 'c1', name: '王小美', phone: '13800138000' }
  const { line } = written((log) =>
    log.info(
      { phone: '13800138000', body: { text: '怀孕', access_token: 't0ken' }, customer: person, message: person },
      'noted',
    ),
  )
  expect(line).not.toMatch(/王小美|13800138000|怀孕|t0ken/)
  expect(line).toContain('"customer":{"id":"c1"}')
})

test('what is thrown and is no error shows its type alone', () => {
  expect(written((log) => log.error({ err: '13800138000' }, 'failed')).err).toEqual({ type: 'string' })
})
