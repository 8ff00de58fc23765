/** What hangs on a welcome or a mass message (wecom.md 4.4): at most nine. */

export type Attachment =
  /** A media id lives three days; an address must come from `uploadImage`. */
  | { kind: 'image'; mediaId: string }
  | { kind: 'image'; imageUrl: string }
  | { kind: 'link'; title: string; url: string; description?: string; pictureUrl?: string }
  /** The mini-program must be linked to the corp. */
  | { kind: 'mini_program'; title: string; appId: string; page: string; pictureMediaId: string }
  | { kind: 'video'; mediaId: string }
  | { kind: 'file'; mediaId: string }

function attachment(one: Attachment) {
  switch (one.kind) {
    case 'image':
      return {
        msgtype: 'image',
        image: 'mediaId' in one ? { media_id: one.mediaId } : { pic_url: one.imageUrl },
      }
    case 'link': {
      const { title, url, description, pictureUrl } = one
      return { msgtype: 'link', link: { title, picurl: pictureUrl, desc: description, url } }
    }
    case 'mini_program': {
      const { title, appId, page, pictureMediaId } = one
      return { msgtype: 'miniprogram', miniprogram: { title, pic_media_id: pictureMediaId, appid: appId, page } }
    }
    case 'video':
      return { msgtype: 'video', video: { media_id: one.mediaId } }
    case 'file':
      return { msgtype: 'file', file: { media_id: one.mediaId } }
  }
}

/** The part of a body that says what is sent. */
export const contentOf = (text: string | null, attachments: readonly Attachment[]) => ({
  ...(text ? { text: { content: text } } : {}),
  ...(attachments.length > 0 ? { attachments: attachments.map(attachment) } : {}),
})
