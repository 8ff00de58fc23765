/** The number for what can't wait, at the top of every page of care, whatever else the page has to say. */
import { emergencyPhone } from '../../services/clinic'

Component({
  properties: {
    /** Of the store; while none is known, the one that the last page knew, else the country's. */
    phone: { type: String, value: '' },
  },
  data: { known: emergencyPhone() },
  lifetimes: {
    attached() {
      this.setData({ known: emergencyPhone() })
    },
  },
  pageLifetimes: {
    show() {
      this.setData({ known: emergencyPhone() })
    },
  },
  methods: {
    call() {
      wx.makePhoneCall({ phoneNumber: this.data.phone || this.data.known, fail: () => undefined })
    },
  },
})
