// The services as tiles; in care mode as fewer, larger rows, with a telephone number.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property MenuContent shown: view as MenuContent
    title: shown.title
    span: !Theme.lowered                 // wide: the tiles take the whole width
    readonly property int columns: Theme.elder && !Theme.wide ? 1 : Theme.wide && !Theme.elder ? 3 : 2
    readonly property int room: bodyItem.height - low
    // In care mode at most five services on a sheet, each at least a hand's width high.
    readonly property int leastHigh: Theme.elder && !Theme.lowered || Theme.wide && !Theme.elder ? 148 : Theme.least
    readonly property int rowsThatFit: Math.max(1, Math.floor((room + 24) / (leastHigh + 24)))
    readonly property int slots: Math.min(rowsThatFit * columns, Theme.elder ? 5 : 99)
    readonly property bool turns: shown.tiles.length > slots
    readonly property int perSheet: turns ? slots - 1 : slots
    readonly property int sheets: Math.ceil(shown.tiles.length / perSheet)
    property int sheet: 0
    readonly property int here: Math.min(perSheet, shown.tiles.length - sheet * perSheet)
    readonly property int rows: Math.ceil((here + (turns ? 1 : 0)) / columns)
    readonly property int between: room < 640 ? 24 : Theme.gap
    readonly property int each: Math.min(Theme.elder ? 250 : 340, Math.floor((room - (rows - 1) * between) / Math.max(1, rows)))
    readonly property string shape: each >= 300 && !Theme.elder ? "tile" : each < (!Theme.elder ? 116 : Theme.lowered && Theme.wide ? 140 : 176) ? "line" : "row"
    onShownChanged: if (sheet >= sheets) sheet = 0

    Grid {
        id: grid
        y: page.low
        width: parent.width
        columns: page.columns
        spacing: page.between
        readonly property real tileWidth: (width - (columns - 1) * spacing) / columns
        Repeater {
            model: page.shown.tiles.slice(page.sheet * page.perSheet, (page.sheet + 1) * page.perSheet)
            OptionButton {
                required property OptionPart modelData
                objectName: modelData.key
                width: grid.tileWidth
                height: page.each
                shape: page.shape
                title: modelData.title
                // In care mode, only a closed service has a hint: the reason.
                hint: Theme.elder && modelData.enabled ? "" : modelData.hint
                // Lowered and wide, a tile has room for its words only.
                iconName: Theme.lowered && Theme.wide ? "" : modelData.icon
                available: modelData.enabled
                onClicked: CurrentPage.answer(modelData.key)
            }
        }
        OptionButton {
            objectName: "more"
            visible: page.turns
            width: grid.tileWidth
            height: page.each
            shape: page.shape
            title: qsTr("更多服务")
            hint: Theme.elder ? "" : (page.sheet + 1) + " / " + page.sheets
            iconName: Theme.lowered && Theme.wide ? "" : "more"
            onClicked: page.sheet = (page.sheet + 1) % page.sheets
        }
    }
    foot: Row {
        anchors { right: parent.right; verticalCenter: parent.verticalCenter }
        spacing: 16
        Icon { name: "call"; size: Theme.big(40); anchors.verticalCenter: parent.verticalCenter }
        Label {
            text: page.shown.hotline
            font.pixelSize: Theme.row
            font.bold: Theme.elder
            color: Theme.elder ? Theme.ink : Theme.soft
            wrapMode: Text.NoWrap
            anchors.verticalCenter: parent.verticalCenter
        }
    }
}
