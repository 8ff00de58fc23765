/** What the doctor says, in Chinese and English: the names of its steps, what each finding means, and what to do about it. */

export interface Words {
  zh: string
  en: string
}

export const STEPS = {
  settings: { zh: '环境设置', en: 'settings' },
  configuration: { zh: '配置文件', en: 'configuration files' },
  database: { zh: '数据库', en: 'database' },
  photo_store: { zh: '照片存储桶', en: 'bucket for photos' },
  token: { zh: '企业微信凭证', en: 'WeCom credentials' },
  trusted_address: { zh: '企业可信 IP', en: 'trusted IP of the app' },
  app: { zh: '自建应用', en: 'the self-built app' },
  directory: { zh: '通讯录与可见范围', en: 'directory and visible scope' },
  administrators: { zh: '管理员账号', en: 'administrators' },
  callback: { zh: '接收消息（回调）', en: 'callback' },
  contacts: { zh: '客户联系权限', en: 'customer contact' },
  union_id: { zh: '微信开发者 ID（unionid）', en: 'developer id (unionid)' },
  kf: { zh: '微信客服', en: 'WeChat customer service' },
  mini_program: { zh: '小程序凭证', en: 'mini-program credentials' },
  templates: { zh: '订阅消息模板', en: 'subscription templates' },
  mini_callback: { zh: '小程序消息推送', en: 'mini-program push' },
} as const satisfies Record<string, Words>
export type StepName = keyof typeof STEPS

export interface Advice {
  means: Words
  do: Words
}

export const ADVICE = {
  bad_settings: {
    means: { zh: '有设置缺失或填写错误', en: 'settings are missing or wrong' },
    do: { zh: '对照 .env.example 逐项补全', en: 'fill them in as .env.example says' },
  },
  bad_configuration: {
    means: { zh: '配置文件有错误', en: 'the configuration files have problems' },
    do: { zh: '按所列文件和行号修改 config/', en: 'mend config/ at the lines named' },
  },
  database_unreachable: {
    means: { zh: '数据库没有应答', en: 'the database does not answer' },
    do: {
      zh: '检查 MONGODB_URI、数据库是否已启动、防火墙',
      en: 'check MONGODB_URI, whether it runs, and the firewall',
    },
  },
  photo_store_unreachable: {
    means: { zh: '照片存储桶没有应答', en: 'the bucket for photos does not answer' },
    do: { zh: '检查 BLOB_S3_URL、网络与防火墙', en: 'check BLOB_S3_URL, the network and the firewall' },
  },
  photo_store_keys: {
    means: { zh: '存储桶拒绝访问：密钥、地域或权限不对', en: 'the bucket refuses: keys, region or rights are wrong' },
    do: {
      zh: '核对 BLOB_S3_ACCESS_KEY、BLOB_S3_SECRET_KEY、BLOB_S3_REGION，并为该密钥开通读、写、删除、列举与分片上传权限',
      en: 'compare BLOB_S3_ACCESS_KEY, BLOB_S3_SECRET_KEY and BLOB_S3_REGION; the key must read, write, delete, list and upload in parts',
    },
  },
  photo_store_missing: {
    means: { zh: '没有这个存储桶', en: 'there is no such bucket' },
    do: {
      zh: '先创建存储桶，再把它自己的地址填入 BLOB_S3_URL',
      en: 'make the bucket, and set BLOB_S3_URL to its own address',
    },
  },
  unreachable: {
    means: { zh: '连不上对方的服务器', en: "the vendor's server can't be reached" },
    do: {
      zh: '检查本机的 DNS、代理、防火墙，以及 WECOM_API_BASE / WECHAT_API_BASE',
      en: 'check DNS, proxy and firewall of this machine, and WECOM_API_BASE / WECHAT_API_BASE',
    },
  },
  wrong_corp: {
    means: { zh: '企业 ID 不正确', en: 'the corp id is wrong' },
    do: {
      zh: '管理后台 → 我的企业 → 企业信息，复制企业 ID 到 WECOM_CORP_ID',
      en: 'admin console → My Company: copy the corp id to WECOM_CORP_ID',
    },
  },
  wrong_secret: {
    means: { zh: '应用 Secret 不正确', en: "the app's secret is wrong" },
    do: {
      zh: '管理后台 → 应用管理 → 自建应用，查看 Secret 并填入 WECOM_AGENT_SECRET；反复填错会被封禁一小时',
      en: 'admin console → Apps → the app: put its secret into WECOM_AGENT_SECRET; repeated mistakes are banned for an hour',
    },
  },
  address_not_trusted: {
    means: {
      zh: '本机出口 IP 不在应用的企业可信 IP 中',
      en: "this machine's address is not among the app's trusted IPs",
    },
    do: {
      zh: '管理后台 → 应用管理 → 自建应用 → 企业可信 IP，加入本机出口 IP，约一分钟后生效',
      en: 'admin console → Apps → the app → Trusted IP: add the address; it takes about a minute',
    },
  },
  app_disabled: {
    means: { zh: '应用已停用', en: 'the app is switched off' },
    do: { zh: '管理后台 → 应用管理 → 自建应用，启用应用', en: 'admin console → Apps → the app: switch it on' },
  },
  wrong_app: {
    means: { zh: '应用 ID 与 Secret 不属于同一个应用', en: 'the agent id is not that of the app with this secret' },
    do: {
      zh: '管理后台 → 应用管理 → 自建应用，复制 AgentId 到 WECOM_AGENT_ID',
      en: 'admin console → Apps → the app: copy AgentId to WECOM_AGENT_ID',
    },
  },
  directory_closed: {
    means: { zh: '应用不能读取通讯录', en: 'the app may not read the directory' },
    do: {
      zh: '管理后台 → 应用管理 → 自建应用 → 可见范围，加入全部门店和员工；并检查应用的接口权限',
      en: 'admin console → Apps → the app → visible scope: add all stores and staff; check what the app may call',
    },
  },
  nobody_visible: {
    means: { zh: '应用可见范围内没有员工', en: "nobody is in the app's visible scope" },
    do: {
      zh: '管理后台 → 应用管理 → 自建应用 → 可见范围，加入全部门店和员工',
      en: 'admin console → Apps → the app → visible scope: add all stores and staff',
    },
  },
  unknown_administrators: {
    means: {
      zh: 'ADMIN_USERIDS 中有不存在或不可见的账号',
      en: 'ADMIN_USERIDS names accounts that are not there or not visible',
    },
    do: {
      zh: '管理后台 → 通讯录，核对账号（不是姓名）',
      en: 'admin console → Contacts: compare the account (not the name)',
    },
  },
  no_administrators: {
    means: { zh: '没有设置管理员', en: 'no administrator is named' },
    do: {
      zh: '把管理员的账号填入 ADMIN_USERIDS，逗号分隔',
      en: 'put their userids into ADMIN_USERIDS, comma separated',
    },
  },
  callback_unreachable: {
    means: { zh: '回调地址没有应答', en: 'nothing answers at the callback address' },
    do: {
      zh: '先启动本系统（npm start），再检查 PUBLIC_URL、域名解析、证书和反向代理',
      en: 'start the server (npm start), then check PUBLIC_URL, DNS, certificate and reverse proxy',
    },
  },
  callback_keys: {
    means: {
      zh: '运行中的系统使用的 Token 或 EncodingAESKey 与这里不同',
      en: 'the running server has other callback keys than these settings',
    },
    do: {
      zh: '管理后台的 Token、EncodingAESKey 与设置保持一致，重启系统，再到管理后台点「保存」验证',
      en: 'make token and EncodingAESKey the same in admin console and settings, restart, then save the address there again',
    },
  },
  callback_not_ours: {
    means: { zh: '该地址应答的不是本系统', en: 'something else answers at the callback address' },
    do: {
      zh: '检查 PUBLIC_URL 和反向代理，/callbacks/ 必须转发到本系统',
      en: 'check PUBLIC_URL and the reverse proxy: /callbacks/ must reach this server',
    },
  },
  callback_slow: {
    means: {
      zh: '回调验证超过 1 秒，企业微信会判为失败',
      en: 'the check took over a second, which WeCom takes for a failure',
    },
    do: { zh: '检查反向代理与服务器负载', en: 'look at the reverse proxy and the load of the machine' },
  },
  public_url_missing: {
    means: {
      zh: '没有设置 PUBLIC_URL，只检查了本机地址',
      en: 'PUBLIC_URL is not set: only the local address was checked',
    },
    do: { zh: '填写企业微信能访问的 https 地址', en: 'set it to the https address that WeCom can reach' },
  },
  contacts_closed: {
    means: { zh: '应用没有客户联系的接口权限', en: 'the app may not use customer contact' },
    do: {
      zh: '管理后台 → 客户联系 → 客户 → API → 可调用接口的应用，勾选本应用',
      en: 'admin console → Customer Contact → API → apps that may call: add this app',
    },
  },
  no_follow_users: {
    means: { zh: '没有员工可以使用客户联系', en: 'no member may have customers' },
    do: {
      zh: '管理后台 → 客户联系 → 权限配置 → 使用范围，加入一线员工',
      en: 'admin console → Customer Contact → permissions: add the staff who talk with customers',
    },
  },
  no_union_id: {
    means: {
      zh: '客户没有 unionid，无法与小程序用户对应',
      en: "customers come without unionid: they can't be joined with mini-program users",
    },
    do: {
      zh: '管理后台 → 客户联系 → 客户 → API → 绑定微信开发者 ID（同主体、已加入开放平台的小程序或公众号）',
      en: 'admin console → Customer Contact → API: bind the developer id (mini-program of the same subject, in an open-platform account)',
    },
  },
  kf_closed: {
    means: { zh: '应用没有微信客服的接口权限', en: 'the app may not use WeChat customer service' },
    do: {
      zh: '管理后台 → 微信客服 → API → 可调用接口的应用，勾选本应用',
      en: 'admin console → WeChat Customer Service → API → apps that may call: add this app',
    },
  },
  kf_unknown: {
    means: { zh: 'WECOM_OPEN_KFID 不是可用的客服账号', en: 'WECOM_OPEN_KFID is none of the accounts' },
    do: { zh: '改为所列客服账号之一', en: 'set it to one of those listed' },
  },
  kf_not_managed: {
    means: { zh: '该客服账号没有交给 API 管理', en: 'the account is not managed by API' },
    do: {
      zh: '管理后台 → 微信客服 → API → 通过 API 管理微信客服账号，勾选该账号',
      en: 'admin console → WeChat Customer Service → API: let the API manage the account',
    },
  },
  wrong_mini_app: {
    means: { zh: '小程序 AppID 不正确', en: "the mini-program's AppID is wrong" },
    do: {
      zh: 'mp.weixin.qq.com → 开发管理，复制 AppID 到 WECHAT_APP_ID',
      en: 'mp.weixin.qq.com → development: copy it to WECHAT_APP_ID',
    },
  },
  wrong_mini_secret: {
    means: { zh: '小程序 AppSecret 不正确或已冻结', en: "the mini-program's secret is wrong or frozen" },
    do: {
      zh: 'mp.weixin.qq.com → 开发管理，重置 AppSecret 并填入 WECHAT_APP_SECRET',
      en: 'mp.weixin.qq.com → development: reset it and put it into WECHAT_APP_SECRET',
    },
  },
  mini_address: {
    means: {
      zh: '本机出口 IP 不在小程序的 IP 白名单中',
      en: "this machine's address is not in the mini-program's whitelist",
    },
    do: {
      zh: 'mp.weixin.qq.com → 开发管理 → IP 白名单，加入本机出口 IP',
      en: 'mp.weixin.qq.com → development → IP whitelist: add the address',
    },
  },
  no_templates: {
    means: {
      zh: '小程序没有订阅消息模板，该渠道不会使用',
      en: 'the mini-program has no subscription templates: that channel stays unused',
    },
    do: {
      zh: 'mp.weixin.qq.com → 功能 → 订阅消息，添加模板',
      en: 'mp.weixin.qq.com → subscription messages: add templates',
    },
  },
  limited: {
    means: { zh: '调用次数已达上限', en: 'too many calls' },
    do: { zh: '等待几分钟再试', en: 'wait some minutes and try again' },
  },
  refused: {
    means: { zh: '对方拒绝了请求', en: 'the vendor refused' },
    do: {
      zh: '在 https://developer.work.weixin.qq.com/devtool/query 查询所列错误码',
      en: 'look the code up at https://developer.work.weixin.qq.com/devtool/query',
    },
  },
} as const satisfies Record<string, Advice>
export type Finding = keyof typeof ADVICE
