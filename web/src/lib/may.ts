/** What whoever is signed in may do. The server decides; here it is only not offered. */
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/lib/api/queries";
import type { Permission } from "@/lib/api/types";

/** Whether they hold a permission; before it is known who they are, they do not. */
export function useMay(): (permission: Permission) => boolean {
  const held = useQuery(meQuery).data?.permissions;
  return (permission) => held?.includes(permission) ?? false;
}
