//! Permissions in the user's words.

use domain::access::Permission;

/// Says what a permission lets people do.
pub(crate) fn title(permission: Permission) -> &'static str {
    match permission {
        Permission::ViewInteractions => "Читать отзывы, вопросы и чаты",
        Permission::AnswerInteractions => "Отвечать покупателям и останавливать отправку",
        Permission::ViewBuyers => "Видеть заявки на возврат",
        Permission::ManageBuyers => "Вести заметки о покупателях",
        Permission::EraseBuyers => "Удалять данные покупателей",
        Permission::ViewQuality => "Видеть показатели и отчёты",
        Permission::ManageProducts => "Вести карточки товаров",
        Permission::ManageKnowledge => "Вести базу знаний",
        Permission::ManageAutomation => "Настраивать автоответы",
        Permission::ManagePolicies => "Менять правила ответов, сроки и черновики",
        Permission::ManageLearning => "Сравнивать модели на прошлых черновиках",
        Permission::ExportLearning => "Выгружать пары черновиков и ответов",
        Permission::ManageAccounts => "Подключать кабинеты и менять ключи",
        Permission::ManageSeller => "Менять настройки и уведомления, возобновлять отправку",
        Permission::ManagePeople => "Приглашать людей и менять роли",
        Permission::ViewAudit => "Видеть журнал событий",
    }
}

/// Says which permission somebody lacks.
pub(crate) fn missing(permission: Permission) -> String {
    format!("Для этого нужно право «{}», а в вашей роли или токене его нет.", title(permission))
}
