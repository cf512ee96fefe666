import type { en } from "../en"

export const shell: (typeof en)["shell"] = {
  pages: { ask: "提问", sessions: "场次", report: "报告", review: "审核", policies: "策略", machine: "机器" },
  product: "idolens 工作台",
  skip: "跳到页面内容",
  navigation: "页面",
  language: "语言",
  theme: "外观",
  themes: { system: "跟随系统", light: "浅色", dark: "深色" },
  signOut: "退出登录",
  signedInAs: "当前帐号",
  roles: { viewer: "观察者", reviewer: "审核员", operator: "操作员", admin: "管理员" },
  openHouse: "尚无帐号",
  openToAll: "尚无帐号：任何能访问本服务的人都可以使用它。请运行 idolens accounts create-admin。",
  keys: {
    title: "键盘操作",
    open: "键盘操作说明",
    close: "关闭",
    everywhere: "所有页面",
    onThisPage: "本页",
    help: "显示本说明",
    go: "前往{page}",
    never: "输入文字时，快捷键不起作用。",
  },
  live: { on: "实时", polling: "定时刷新", off: "未连接" },
  notFound: { title: "没有这个页面", body: "地址可能已失效，或输入有误。", home: "前往提问" },
}
