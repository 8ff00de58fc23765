/** Prometheus metrics. Labels are matched routes, tables and codes; never URLs or people. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  registry: Registry
  requests: Counter<'method' | 'route' | 'status'>
  requestSeconds: Histogram<'method' | 'route'>
  /** result: received, duplicate, ignored, rejected; code: why it was rejected. */
  callbacks: Counter<'source' | 'result' | 'code'>
  drained: Counter<'table' | 'outcome'>
  drainSeconds: Histogram<'table'>
  /** Seconds by which the oldest due row of a table is late. */
  lag: Gauge<'table'>
  /** Callbacks and events that were given up: a person looks, then replays them. */
  parked: Gauge<'table'>
  /** What customers say of themselves, by the level that the triage read. */
  signals: Counter<'source' | 'level'>
  /** Customers' messages by what was wanted. */
  botTurns: Counter<'intent'>
}

export function createMetrics({ defaults = true } = {}): Metrics {
  const registry = new Registry()
  if (defaults) collectDefaultMetrics({ register: registry, prefix: 'aftercare_' })
  const registers = [registry]
  return {
    registry,
    requests: new Counter({
      name: 'aftercare_http_requests_total',
      help: 'HTTP requests by matched route',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'aftercare_http_request_seconds',
      help: 'Time to answer',
      labelNames: ['method', 'route'],
      registers,
    }),
    callbacks: new Counter({
      name: 'aftercare_callbacks_total',
      help: 'Vendor callbacks by result',
      labelNames: ['source', 'result', 'code'],
      registers,
    }),
    drained: new Counter({
      name: 'aftercare_drained_rows_total',
      help: 'Rows worked on by due-table and outcome',
      labelNames: ['table', 'outcome'],
      registers,
    }),
    drainSeconds: new Histogram({
      name: 'aftercare_drain_seconds',
      help: 'Time of one drain that found work',
      labelNames: ['table'],
      registers,
    }),
    lag: new Gauge({
      name: 'aftercare_due_lag_seconds',
      help: 'How late the oldest due row is',
      labelNames: ['table'],
      registers,
    }),
    botTurns: new Counter({
      name: 'aftercare_bot_turns_total',
      help: 'Messages that the assistant has worked on, by what the customer wanted',
      labelNames: ['intent'],
      registers,
    }),
    parked: new Gauge({
      name: 'aftercare_parked_rows',
      help: 'Callbacks and event deliveries that were given up after all tries',
      labelNames: ['table'],
      registers,
    }),
    signals: new Counter({
      name: 'aftercare_signals_total',
      help: 'What customers say of themselves by source and level of urgency',
      labelNames: ['source', 'level'],
      registers,
    }),
  }
}
