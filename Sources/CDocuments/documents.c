// Which files the hub serves. A file that is added to Public/ is named here, twice; a test compares
// the list with the folder.
#include "CDocuments.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char openapi_yaml[] = {
#embed "../../docs/openapi.yaml"
};
static const unsigned char app_js[] = {
#embed "../../Public/app.js"
};
static const unsigned char archive_js[] = {
#embed "../../Public/archive.js"
};
static const unsigned char audit_js[] = {
#embed "../../Public/audit.js"
};
static const unsigned char body_js[] = {
#embed "../../Public/body.js"
};
static const unsigned char chart_js[] = {
#embed "../../Public/chart.js"
};
static const unsigned char dialog_js[] = {
#embed "../../Public/dialog.js"
};
static const unsigned char element_js[] = {
#embed "../../Public/element.js"
};
static const unsigned char figures_js[] = {
#embed "../../Public/figures.js"
};
static const unsigned char filter_js[] = {
#embed "../../Public/filter.js"
};
static const unsigned char fleet_js[] = {
#embed "../../Public/fleet.js"
};
static const unsigned char heat_js[] = {
#embed "../../Public/heat.js"
};
static const unsigned char help_js[] = {
#embed "../../Public/help.js"
};
static const unsigned char hub_js[] = {
#embed "../../Public/hub.js"
};
static const unsigned char icon_svg[] = {
#embed "../../Public/icon.svg"
};
static const unsigned char index_html[] = {
#embed "../../Public/index.html"
};
static const unsigned char json_js[] = {
#embed "../../Public/json.js"
};
static const unsigned char keys_js[] = {
#embed "../../Public/keys.js"
};
static const unsigned char letters_js[] = {
#embed "../../Public/letters.js"
};
static const unsigned char live_js[] = {
#embed "../../Public/live.js"
};
static const unsigned char memory_js[] = {
#embed "../../Public/memory.js"
};
static const unsigned char message_js[] = {
#embed "../../Public/message.js"
};
static const unsigned char messages_js[] = {
#embed "../../Public/messages.js"
};
static const unsigned char number_js[] = {
#embed "../../Public/number.js"
};
static const unsigned char operator_js[] = {
#embed "../../Public/operator.js"
};
static const unsigned char orders_js[] = {
#embed "../../Public/orders.js"
};
static const unsigned char pages_js[] = {
#embed "../../Public/pages.js"
};
static const unsigned char progress_js[] = {
#embed "../../Public/progress.js"
};
static const unsigned char replay_js[] = {
#embed "../../Public/replay.js"
};
static const unsigned char router_js[] = {
#embed "../../Public/router.js"
};
static const unsigned char session_js[] = {
#embed "../../Public/session.js"
};
static const unsigned char state_js[] = {
#embed "../../Public/state.js"
};
static const unsigned char style_css[] = {
#embed "../../Public/style.css"
};
static const unsigned char table_js[] = {
#embed "../../Public/table.js"
};
static const unsigned char text_en_js[] = {
#embed "../../Public/text-en.js"
};
static const unsigned char text_zh_js[] = {
#embed "../../Public/text-zh.js"
};
static const unsigned char text_js[] = {
#embed "../../Public/text.js"
};
static const unsigned char time_js[] = {
#embed "../../Public/time.js"
};
static const unsigned char traffic_js[] = {
#embed "../../Public/traffic.js"
};
static const unsigned char trend_js[] = {
#embed "../../Public/trend.js"
};
static const unsigned char warehouse_js[] = {
#embed "../../Public/warehouse.js"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const struct cdocuments_file files[] = {
    FILE("openapi.yaml", openapi_yaml),
    FILE("app.js", app_js),
    FILE("archive.js", archive_js),
    FILE("audit.js", audit_js),
    FILE("body.js", body_js),
    FILE("chart.js", chart_js),
    FILE("dialog.js", dialog_js),
    FILE("element.js", element_js),
    FILE("figures.js", figures_js),
    FILE("filter.js", filter_js),
    FILE("fleet.js", fleet_js),
    FILE("heat.js", heat_js),
    FILE("help.js", help_js),
    FILE("hub.js", hub_js),
    FILE("icon.svg", icon_svg),
    FILE("index.html", index_html),
    FILE("json.js", json_js),
    FILE("keys.js", keys_js),
    FILE("letters.js", letters_js),
    FILE("live.js", live_js),
    FILE("memory.js", memory_js),
    FILE("message.js", message_js),
    FILE("messages.js", messages_js),
    FILE("number.js", number_js),
    FILE("operator.js", operator_js),
    FILE("orders.js", orders_js),
    FILE("pages.js", pages_js),
    FILE("progress.js", progress_js),
    FILE("replay.js", replay_js),
    FILE("router.js", router_js),
    FILE("session.js", session_js),
    FILE("state.js", state_js),
    FILE("style.css", style_css),
    FILE("table.js", table_js),
    FILE("text-en.js", text_en_js),
    FILE("text-zh.js", text_zh_js),
    FILE("text.js", text_js),
    FILE("time.js", time_js),
    FILE("traffic.js", traffic_js),
    FILE("trend.js", trend_js),
    FILE("warehouse.js", warehouse_js),
};

size_t cdocuments_count(void) { return sizeof files / sizeof *files; }

struct cdocuments_file cdocuments_file(size_t place) { return files[place]; }
