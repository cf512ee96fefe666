import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { Suspense, useEffect } from "react"
import { Link, Route, Switch } from "wouter"
import { Refusal } from "./api/client"
import { Listening } from "./api/live"
import { useMe } from "./api/me"
import { Keyboard } from "./keyboard/KeyHelp"
import { PAGES, type Page } from "./pages"
import { Shell } from "./shell/Shell"
import { Empty, Failed, Loading, NotAllowed, SignedOut } from "./states/States"
import { Speaking, useWords } from "./words"

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays one, however often it is asked for; a broken line may mend.
      retry: (times, error) => !(error instanceof Refusal) && times < 2,
    },
  },
})

export function App() {
  return (
    <Speaking>
      <QueryClientProvider client={queries}>
        <Listening>
          <Keyboard>
            <Shell>
              <Door />
            </Shell>
          </Keyboard>
        </Listening>
      </QueryClientProvider>
    </Speaking>
  )
}

/** Let in who is known; the service itself refuses all others whatever is shown here. */
function Door() {
  const me = useMe()
  if (me.error instanceof Refusal && me.error.status === 401) return <SignedOut />
  if (me.error && !me.data) return <Failed error={me.error} retry={() => void me.refetch()} />
  if (!me.data) return <Loading />
  return (
    <Switch>
      {PAGES.map((page) => (
        <Route key={page.path} path={page.path}>
          {me.data.permissions.includes(page.needs) ? <Shown page={page} /> : <NotAllowed permission={page.needs} />}
        </Route>
      ))}
      <Route><NowhereElse /></Route>
    </Switch>
  )
}

function Shown({ page: { name, shown: Content } }: { page: Page }) {
  const title = useWords().shell.pages[name]
  useEffect(() => {
    document.title = `${title} · idolens`
  }, [title])
  return (
    <Suspense fallback={<Loading />}>
      <Content />
    </Suspense>
  )
}

function NowhereElse() {
  const words = useWords().shell.notFound
  return (
    <Empty icon="look" title={words.title} action={<Link className="button" href="/">{words.home}</Link>}>
      <p>{words.body}</p>
    </Empty>
  )
}
