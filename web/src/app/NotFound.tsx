/** A path the console does not know. */
import { Compass } from "lucide-react";
import { Link } from "react-router";
import { Empty } from "@/components/Empty";

export function NotFound() {
  return (
    <Empty icon={<Compass size={28} />} title="Такой страницы нет">
      <Link to="/">К очереди</Link>
    </Empty>
  );
}
