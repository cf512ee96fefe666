/** Who uses the console, and what they may do. */
import { useQuery } from "@tanstack/react-query"
import { ask, send } from "./client"
import type { Me, Permission } from "./shapes"

export const useMe = () => useQuery({ queryKey: ["me"], queryFn: ({ signal }) => ask<Me>("/api/v1/me", { signal }), staleTime: 60_000 })

export function useMay(permission: Permission): boolean {
  const { data } = useMe()
  return data?.permissions.includes(permission) ?? false
}

export async function signOut(): Promise<void> {
  await send("/api/v1/session", { method: "DELETE" })
  location.replace("/sign-in")
}
