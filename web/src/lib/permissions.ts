/** Permissions in the user's words. */
import type { Permission } from "@/lib/api/types";

export const PERMISSION: Record<Permission, string> = {
  view_interactions: "Читать отзывы, вопросы и чаты",
  answer_interactions: "Отвечать покупателям и останавливать отправку",
  view_buyers: "Видеть заявки на возврат",
  manage_buyers: "Вести заметки о покупателях",
  erase_buyers: "Удалять данные покупателей",
  view_quality: "Видеть показатели и отчёты",
  manage_products: "Вести карточки товаров",
  manage_knowledge: "Вести базу знаний",
  manage_automation: "Настраивать автоответы",
  manage_policies: "Менять правила ответов, сроки и черновики",
  manage_learning: "Сравнивать модели на прошлых черновиках",
  export_learning: "Выгружать пары черновиков и ответов",
  manage_accounts: "Подключать кабинеты и менять ключи",
  manage_seller: "Менять настройки и уведомления, возобновлять отправку",
  manage_people: "Приглашать людей и менять роли",
  view_audit: "Видеть журнал событий",
};
