// The services in rows of one kind each; in care mode as few, large buttons; above, what is closed.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property MenuContent shown: view as MenuContent
    title: shown.title
    actions: shown.actions
    lead: Theme.wide && (Theme.elder || !Theme.lowered) ? "" : shown.lead
    span: !(Theme.lowered && careful)    // wide: the tiles take the whole width
    readonly property bool careful: Theme.elder
    readonly property int columns: Theme.wide ? 2 : 1
    readonly property int room: bodyItem.height - low
    readonly property int between: 24
    readonly property int leastHigh: careful && !Theme.lowered ? 148 : Theme.least
    readonly property int rowsThatFit: Math.max(1, Math.floor((room + between) / (leastHigh + between)))
    readonly property int count: careful ? shown.first.length : shown.rows.length
    // In care mode at most five services on a sheet, each at least a hand's width high.
    readonly property int slots: Math.min(rowsThatFit * columns, careful ? 5 : 99)
    readonly property bool turns: count > slots
    readonly property int perSheet: Math.max(1, turns ? slots - 1 : slots)
    readonly property int sheets: Math.ceil(count / perSheet)
    property int sheet: 0
    untouched: sheet === 0
    readonly property int here: Math.min(perSheet, count - sheet * perSheet)
    readonly property int rows: Math.ceil((here + (turns ? 1 : 0)) / columns)
    readonly property int each: Math.min(careful ? 250 : 186, Math.floor((room - (rows - 1) * between) / Math.max(1, rows)))
    readonly property string shape: each < (Theme.wide ? 140 : 176) || Theme.lowered && Theme.wide ? "line" : "row"
    readonly property int kindWidth: 144

    // In care mode, a closed service says why where the reason has room beside or under the title.
    function fitting(part) {
        if (part.enabled) return ""
        return [part.hint, shown.notNow].find(words => page.shape === "row" ? Theme.cells(words) <= 24
            : 29 * Theme.cells(part.title) + 20 * Theme.cells(words) <= lineRoom - 24) ?? ""
    }
    readonly property int lineRoom: grid.cellWidth - (Theme.lowered && Theme.wide ? 40 : 128) - 28
    function titleSize(title, hint) {
        if (shape === "row") return Theme.wide && hint.length > 0 ? 44 : Theme.cells(title) > (Theme.wide ? 14 : 18) ? 0 : Theme.big(50)
        return 29 * Theme.cells(title) <= lineRoom ? 0 : 40
    }
    onCountChanged: if (sheet >= sheets) sheet = 0
    onSheetsChanged: if (sheet >= sheets) sheet = 0

    // Why services are closed, each reason once; wide, beside the title.
    Note {
        readonly property bool beside: Theme.wide && !(Theme.lowered && page.careful)
        readonly property int room: Theme.wide && Theme.lowered && page.careful ? page.asideHeight - 12
            : beside ? page.pressTop - 48 : page.low - 24
        visible: wanted && natural <= room
        parent: beside ? page : Theme.wide ? page.asideItem : page.bodyItem
        x: beside ? page.width / 2 : 0
        y: beside ? 24 : Theme.wide ? 12 : 0
        width: beside ? page.width / 2 - Theme.side : parent.width
        size: page.careful ? 34 : 28
        icon: "info"
        readonly property real cellsOfLine: Math.max(1, (width - 140) / (size * 0.52))
        readonly property int lines: page.shown.note.split("\n").reduce((sum, line) => sum + Math.ceil(Theme.cells(line) / cellsOfLine), 0)
        // Where not all reasons have room: the longest, which no tile has room for.
        text: 48 + lines * size * 1.4 <= room ? page.shown.note : page.shown.note.split("\n")[0]
    }
    Grid {
        id: grid
        y: page.low
        width: parent.width
        columns: page.columns
        rowSpacing: page.between
        columnSpacing: Theme.gap
        readonly property real cellWidth: (width - (columns - 1) * columnSpacing) / columns
        Repeater {
            model: page.careful ? [] : page.shown.rows.slice(page.sheet * page.perSheet, (page.sheet + 1) * page.perSheet)
            Item {
                id: kind
                required property MenuRowPart modelData
                width: grid.cellWidth
                height: page.each
                Column {
                    width: page.kindWidth
                    anchors.verticalCenter: parent.verticalCenter
                    spacing: page.each < 130 ? 0 : 8
                    Rectangle {
                        visible: kind.modelData.icon.length > 0
                        anchors.horizontalCenter: parent.horizontalCenter
                        width: page.each < 130 ? 52 : 84
                        height: width
                        radius: 20
                        color: Theme.blueTint
                        Icon { anchors.centerIn: parent; name: kind.modelData.icon; size: parent.width * 0.56 }
                    }
                    Label {
                        width: parent.width
                        text: kind.modelData.word
                        font.pixelSize: Theme.small
                        font.bold: true
                        horizontalAlignment: Text.AlignHCenter
                    }
                }
                Row {
                    id: three
                    x: page.kindWidth + 16
                    spacing: 24
                    readonly property int count: kind.modelData.tiles.length
                    Repeater {
                        model: kind.modelData.tiles
                        MenuTile {
                            required property OptionPart modelData
                            objectName: modelData.key
                            width: (kind.width - three.x - (three.count - 1) * three.spacing) / three.count
                            height: page.each
                            title: modelData.title
                            hint: modelData.hint
                            notNow: page.shown.notNow
                            available: modelData.enabled
                            onClicked: CurrentPage.answer(modelData.key)
                        }
                    }
                }
            }
        }
        Repeater {
            model: page.careful ? page.shown.first.slice(page.sheet * page.perSheet, (page.sheet + 1) * page.perSheet) : []
            OptionButton {
                required property OptionPart modelData
                objectName: modelData.key
                width: grid.cellWidth
                height: page.each
                shape: page.shape
                size: page.titleSize(title, hint)
                leads: page.shape === "row"
                title: modelData.title
                hint: page.fitting(modelData)
                // Lowered and wide, a button has room for its words only.
                iconName: Theme.lowered && Theme.wide ? "" : modelData.icon
                available: modelData.enabled
                onClicked: CurrentPage.answer(modelData.key)
            }
        }
        OptionButton {
            objectName: "more"
            visible: page.turns
            width: grid.cellWidth
            height: page.each
            shape: page.careful ? page.shape : "line"
            size: page.careful ? page.titleSize(title, hint) : 0
            leads: page.careful && page.shape === "row"
            title: qsTr("更多服务")
            hint: page.careful ? "" : (page.sheet + 1) + " / " + page.sheets
            iconName: Theme.lowered && Theme.wide ? "" : "more"
            onClicked: page.sheet = (page.sheet + 1) % page.sheets
        }
    }
    foot: Row {
        visible: page.shown.actions.length === 0
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
