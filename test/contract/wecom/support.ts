/** Our client on a real database, against a simulated WeCom and WeChat over HTTP, on the simulator's clock. */
import { systemClock } from '../../../src/platform/clock.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { createWechat, type WechatClient } from '../../../src/wechat/index.ts'
import { createWecom, type Wecom, type WecomClient } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'
import { type SimWorld, simWorld } from '../simulator/support.ts'

export interface ClientWorld extends SimWorld {
  wecomEdge: Wecom
  client: WecomClient
  mini: WechatClient
  /** Paths that the vendors were asked at while `work` ran, in order. */
  asked(work: () => Promise<unknown>): Promise<string[]>
}

export async function clientWorld(options: Parameters<typeof simWorld>[0] = {}): Promise<ClientWorld> {
  const [db, world] = await Promise.all([testDb(), simWorld(options)])
  const { simulator } = world
  const { ready } = simulator
  const ports = {
    ...(await testPorts(db)),
    clock: { now: () => simulator.clock.now(), wall: systemClock.wall },
    metrics: createMetrics({ defaults: false }),
  }
  const wecomEdge = createWecom({
    ...ports,
    settings: { ...ready, apiBase: ready.wecomBase, callbackMaxAgeSeconds: 300 },
  })
  const { appId, secret, token, aesKey } = ready.miniProgram
  const wechat = createWechat({
    ...ports,
    settings: {
      apiBase: ready.wechatBase,
      appId,
      appSecret: secret,
      callbackToken: token,
      callbackAesKey: aesKey,
      callbackMaxAgeSeconds: 300,
    },
  })
  return {
    ...world,
    wecomEdge,
    client: wecomEdge.client,
    mini: wechat.client,
    async asked(work) {
      const paths: string[] = []
      const stop = simulator.tap(({ stage, path }) => {
        if (stage === 'received' && !path.startsWith('/_sim')) paths.push(path)
      })
      try {
        await work()
      } finally {
        stop()
      }
      return paths
    },
  }
}
