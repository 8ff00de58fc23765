/** The closed list of reasons for every skip, delay, and choice of channel. `docs/reasons.md` is written from it. */
export const REASONS = {
  // why a contact is later than planned, or at another time
  outside_window: { zh: '不在联系时段内', en: 'outside the contact windows' },
  quiet_hours: { zh: '处于安静时段', en: 'inside quiet hours' },
  store_closed: { zh: '门店当天不营业', en: 'the store is closed that day' },
  rate_limited: { zh: '接口频率受限，稍后发送', en: 'the vendor limits the rate; sent later' },
  upstream_busy: { zh: '外部服务繁忙，稍后重试', en: 'the vendor was busy; tried again later' },
  // why a step does not happen on its own
  merged: { zh: '已与同日联系合并', en: 'merged into another contact of that day' },
  missed_before_entry: { zh: '录入时已过时间窗', en: 'its window had passed when the treatment was entered' },
  needs_anchor: { zh: '等待医生确定日期', en: 'waits for a date from the doctor' },
  late_sutures: { zh: '拆线较晚，顺延', en: 'moved, because the sutures come out late' },
  further_operation: { zh: '再次手术，按新的手术日期顺延', en: 'moved, to follow a further operation' },
  covered_in_hospital: { zh: '住院期间由病房护理', en: 'covered by the ward during the stay in hospital' },
  superseded_by_session: { zh: '下一次治疗已完成，由新的安排接替', en: 'the next session has taken its place' },
  course_between: {
    zh: '疗程中间场次，咨询师不回访',
    en: 'between the first and last session of a course no consultant calls',
  },
  not_approved: { zh: '护理内容尚未经医生审核', en: 'no doctor has approved the guide yet' },
  late: { zh: '已过最晚发送时间', en: 'past its last useful instant' },
  opted_out: { zh: '客户已选择不接收', en: 'the customer opted out' },
  promotion_opted_out: { zh: '客户不接收营销信息', en: 'the customer opted out of promotion' },
  deceased: { zh: '客户已故', en: 'the customer has died' },
  treatment_cancelled: { zh: '治疗已取消', en: 'the treatment was cancelled' },
  appointment_over: { zh: '预约已取消或已到院', en: 'the appointment was cancelled, or the customer has come' },
  set_by_hand: { zh: '由医生手动安排', en: 'set by hand by the doctor' },
  cancelled_by_hand: { zh: '由员工手动取消', en: 'cancelled by hand by a member of staff' },
  superseded: { zh: '已被新的安排取代', en: 'replaced by a newer arrangement' },
  // why a channel was not taken
  no_kf_session: { zh: '客户未进入微信客服会话', en: 'no customer-service conversation' },
  kf_window_over: { zh: '距客户上次发言超过 48 小时', en: 'over 48 h since the customer last wrote' },
  kf_five_used: { zh: '48 小时内已发满 5 条', en: 'five messages since the customer last wrote' },
  kf_staff_session: { zh: '人工接待中', en: 'a person is serving the conversation' },
  no_openid: { zh: '客户未登录小程序', en: 'never signed in to the mini-program' },
  no_grant: { zh: '没有可用的订阅授权', en: 'no subscription grant left' },
  no_template_form: { zh: '该内容没有此渠道的模板', en: 'the text has no form for this channel' },
  no_phone: { zh: '没有手机号码', en: 'no phone number' },
  channel_off: { zh: '该渠道未启用', en: 'the channel is not configured' },
  refused: { zh: '对方平台拒绝发送', en: 'the vendor refused the message' },
  blocked: { zh: '客户已拒收', en: 'the customer blocks this channel' },
  // how it ended
  no_channel_left: { zh: '没有可用渠道，转人工', en: 'no channel left; a person sends it' },
  send_unknown: { zh: '发送结果未知，转人工核实', en: 'the result of the send is unknown; a person checks' },
  not_reached: { zh: '未接通', en: 'not reached' },
  carried_over: { zh: '当天未完成，在窗口内顺延', en: 'not done on its day; carried over inside its window' },
  unreachable: { zh: '多次未接通', en: 'not reached after all attempts' },
  staff_overdue: { zh: '员工未在当日完成', en: 'not done by staff on the day' },
  no_owner: { zh: '没有可负责的在职员工', en: 'nobody active could own it' },
  satisfied_by_contact: { zh: '客户已主动联系并完成', en: 'satisfied by an unplanned contact' },
} as const

export type Reason = keyof typeof REASONS
