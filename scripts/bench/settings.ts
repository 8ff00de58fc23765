/** A server's environment in benchmarks: complete, and pointed at vendors that do not exist. */

export const CORP_ID = 'wwbench'
export const CALLBACK_TOKEN = 'benchtoken'
export const CALLBACK_AES_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
export const AGENT_ID = 1_000_002
export const OPEN_KF_ID = 'wkbench'
export const FIELD_KEYS = `bench:${Buffer.alloc(32, 3).toString('base64')}`
export const SESSION_SECRET = 'a secret of benchmarks, thirty-two letters long'
/** Nothing listens there: a call that should have been answered in the process fails its benchmark. */
export const NOWHERE = 'http://127.0.0.1:1'

export const serverEnv = (uri: string): Record<string, string> => ({
  MONGODB_URI: uri,
  WECOM_API_BASE: NOWHERE,
  WECHAT_API_BASE: NOWHERE,
  WECOM_CORP_ID: CORP_ID,
  WECOM_AGENT_ID: String(AGENT_ID),
  WECOM_AGENT_SECRET: 'bench',
  WECOM_CALLBACK_TOKEN: CALLBACK_TOKEN,
  WECOM_CALLBACK_AES_KEY: CALLBACK_AES_KEY,
  WECOM_OPEN_KFID: OPEN_KF_ID,
  FIELD_KEYS,
  SESSION_SECRET,
})
