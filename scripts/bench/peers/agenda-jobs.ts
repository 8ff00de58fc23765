/**
 * The peer of the contacts benchmark: what one writes with Agenda alone. Every step is a job that holds all it needs; when it
 * is due, the handler sends and marks the step. No windows, budgets, write-ahead intents or reasons.
 */
import { MongoBackend } from '@agendajs/mongo-backend'
import { Agenda, type Job } from 'agenda'
import type { Db, Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { chunks } from '../clinic.ts'

interface StepJob {
  stepId: string
  body: string
}

export interface AgendaPeer {
  /** Adds so many steps with their jobs, due at `at`. */
  plan(count: number, at: Date): Promise<void>
  /** Runs Agenda until `count` more steps are sent and their jobs are finished. */
  run(count: number): Promise<void>
  sent(): Promise<number>
}

const JOBS = 'peer_jobs'
const STEPS = 'peer_steps'
const NAME = 'send-step'
const INSERT = 1_000
const RUN_LIMIT_MS = 300_000

export async function createAgendaPeer(db: Connection, send: (body: string) => Promise<unknown>): Promise<AgendaPeer> {
  const mongo = db.db as unknown as Db
  const steps = mongo.collection<{ _id: string } & Document>(STEPS)
  const jobs = mongo.collection(JOBS)
  let serial = 0
  let done = 0

  const createAgenda = () => {
    const agenda = new Agenda({
      backend: new MongoBackend({ mongo, collection: JOBS, ensureIndex: true }),
      processEvery: 1_000,
      maxConcurrency: 50,
      defaultConcurrency: 50,
    })
    // Agenda awaits what the handler returns; its type says otherwise.
    // oxlint-disable-next-line typescript/no-misused-promises
    agenda.define(NAME, async (job: Job<StepJob>) => {
      const { stepId, body } = job.attrs.data
      await send(body)
      await steps.updateOne({ _id: stepId }, { $set: { status: 'sent', sentAt: new Date() } })
    })
    agenda.on(`complete:${NAME}`, () => {
      done += 1
    })
    return agenda
  }

  const first = createAgenda()
  await first.ready
  // As Agenda itself writes a job: `create().schedule().save()` takes a round trip each, so further ones are copies.
  const job = await first.create<StepJob>(NAME, { stepId: 'sample', body: '' }).schedule(new Date()).save()
  const sample = await jobs.findOne({ name: NAME })
  if (!sample) throw new Error('Agenda wrote no job')
  await job.remove()

  return {
    async plan(count, at) {
      // A night's purge: finished jobs would be walked by every later look. It costs the peer nothing here.
      await jobs.deleteMany({ lastFinishedAt: { $ne: null } })
      const ids = Array.from({ length: count }, () => `step-${++serial}`)
      for (const some of chunks(ids, INSERT)) {
        await steps.insertMany(
          some.map((_id) => ({ _id, status: 'planned', dueAt: at })),
          { ordered: false },
        )
        const { _id: _, ...fields } = sample
        await jobs.insertMany(
          some.map((stepId) => {
            const body = JSON.stringify({
              touser: `wm-${stepId}`,
              open_kfid: 'wkbench',
              msgid: stepId,
              msgtype: 'text',
            })
            return { ...fields, data: { stepId, body }, nextRunAt: at }
          }),
          { ordered: false },
        )
      }
    },
    async run(count) {
      const agenda = createAgenda()
      await agenda.ready
      done = 0
      await agenda.start()
      for (const deadline = Date.now() + RUN_LIMIT_MS; done < count; ) {
        if (Date.now() > deadline) throw new Error(`Agenda sent ${done} of ${count} steps in ${RUN_LIMIT_MS} ms`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      await agenda.stop(false)
    },
    sent: () => steps.countDocuments({ status: 'sent' }),
  }
}
