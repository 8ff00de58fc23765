/** Where both vendors give their access tokens out. */
import { type Api, ApiError, text } from './types.ts'

export const tokenApis: Api[] = [
  {
    method: 'GET',
    path: '/cgi-bin/gettoken',
    auth: null,
    handle({ query }, { world, tokens, clock }) {
      const corpId = query.get('corpid')
      const secret = query.get('corpsecret')
      if (!corpId) throw new ApiError(41002, 'corpid missing')
      if (!secret) throw new ApiError(41004, 'corpsecret missing')
      if (corpId !== world.corp.corpId) throw new ApiError(40013, 'invalid corpid')
      if (secret !== world.corp.agentSecret) throw new ApiError(40001, 'invalid credential')
      const { value, expiresIn } = tokens.wecom(clock.now())
      return { access_token: value, expires_in: expiresIn }
    },
  },
]

export const miniProgramTokenApis: Api[] = [
  {
    method: 'POST',
    path: '/cgi-bin/stable_token',
    auth: null,
    bare: true,
    handle({ body }, { world, tokens, clock }) {
      checkMiniProgram(text(body.grant_type), text(body.appid), text(body.secret), world.miniProgram)
      const { value, expiresIn } = tokens.wechat(clock.now(), 'stable', body.force_refresh === true)
      return { access_token: value, expires_in: expiresIn }
    },
  },
  {
    method: 'GET',
    path: '/cgi-bin/token',
    auth: null,
    bare: true,
    handle({ query }, { world, tokens, clock }) {
      checkMiniProgram(
        query.get('grant_type') ?? '',
        query.get('appid') ?? '',
        query.get('secret') ?? '',
        world.miniProgram,
      )
      const { value, expiresIn } = tokens.wechat(clock.now(), 'plain', false)
      return { access_token: value, expires_in: expiresIn }
    },
  },
]

function checkMiniProgram(
  grantType: string,
  appId: string,
  secret: string,
  miniProgram: { appId: string; secret: string },
): void {
  if (!appId) throw new ApiError(41002, 'appid missing')
  if (!secret) throw new ApiError(41004, 'appsecret missing')
  if (grantType !== 'client_credential') throw new ApiError(40002, 'invalid grant_type')
  if (appId !== miniProgram.appId) throw new ApiError(40013, 'invalid appid')
  if (secret !== miniProgram.secret) throw new ApiError(40125, 'invalid appsecret')
}
