// The menu of a unit: above, what it has to pay this month; below, the services for units.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property UnitMenuContent shown: view as UnitMenuContent
    title: shown.title
    lead: Theme.elder && (Theme.wide || Theme.lowered) ? "" : shown.lead
    readonly property int columns: Theme.elder ? 1 : 2
    readonly property int between: 24
    readonly property int tilesTop: Theme.wide ? low : Math.max(low, hero.y + hero.height + Theme.gap)
    readonly property int room: bodyItem.height - tilesTop
    readonly property int leastHigh: Theme.elder && !Theme.lowered ? 132 : Theme.least
    readonly property int rowsThatFit: Math.max(1, Math.floor((room + between) / (leastHigh + between)))
    readonly property int count: shown.tiles.length
    // In care mode at most five services on a sheet, each at least a hand's width high.
    readonly property int slots: Math.min(rowsThatFit * columns, Theme.elder ? 5 : 99)
    readonly property bool turns: count > slots
    readonly property int perSheet: Math.max(1, turns ? slots - 1 : slots)
    readonly property int sheets: Math.ceil(count / perSheet)
    property int sheet: 0
    readonly property int here: Math.min(perSheet, count - sheet * perSheet)
    readonly property int rows: Math.ceil((here + (turns ? 1 : 0)) / columns)
    readonly property int each: Math.min(236, Math.floor((room - (rows - 1) * between) / Math.max(1, rows)))
    onCountChanged: if (sheet >= sheets) sheet = 0
    onSheetsChanged: if (sheet >= sheets) sheet = 0

    // A service says what it has, or why it is closed, where the words have room under the title.
    readonly property int titleSize: Theme.elder ? 48 : each < 130 ? 34 : 36
    readonly property real wordsWidth: grid.cellWidth - (each < 120 ? 64 : Theme.elder ? 190 : 160)
    function lines(text, size) {
        return Math.ceil(Theme.cells(text) * size * 0.54 / wordsWidth)
    }
    function fitting(part) {
        const name = lines(part.title, titleSize) * titleSize * 1.35
        return name + lines(part.hint, Theme.hint) * Theme.hint * 1.35 + 20 <= each ? part.hint : ""
    }

    Rectangle {
        id: hero
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : 0
        width: parent.width
        height: words.height + 2 * words.y
        // What has no room stays out, the least important first.
        readonly property real most: Theme.wide ? page.asideHeight - 24 - 2 * words.y : 9999
        radius: Theme.radius
        color: Theme.blue
        Column {
            id: words
            x: Theme.inset
            y: Theme.wide && Theme.lowered ? 16 : 24
            width: parent.width - 2 * Theme.inset
            spacing: Theme.wide && Theme.lowered ? 0 : 8
            Label {
                id: heading
                width: parent.width
                text: page.shown.label
                color: Theme.whiteSoft
                lineHeight: 0.9
            }
            Item {
                id: figures
                width: parent.width
                height: number.height + (paidState.below && paidState.visible ? paidState.height + 8 : 0)
                Label {
                    id: number
                    width: paidState.below ? parent.width : parent.width - paidState.width - 24
                    text: page.shown.number
                    color: Theme.white
                    font.pixelSize: Math.min(Theme.wide ? 76 : 104, Math.floor(1.72 * width / Math.max(1, text.length)))
                    font.bold: true
                    wrapMode: Text.NoWrap
                    Accessible.name: page.shown.label + " " + text
                }
                Badge {
                    id: paidState
                    readonly property bool below: Theme.elder || Theme.wide
                    visible: heading.height + number.height + height + 8 <= hero.most
                    text: page.shown.badge
                    tone: page.shown.badgeTone
                    x: below ? 0 : parent.width - width
                    y: below ? number.height + 4 : (number.height - height) / 2
                    width: implicitWidth
                    height: implicitHeight
                }
            }
            Label {
                id: under
                readonly property real upTo: figures.y + figures.height + words.spacing + implicitHeight
                width: parent.width
                visible: upTo <= hero.most
                text: page.shown.under
                color: Theme.whiteSoft
                font.pixelSize: Theme.hint
                lineHeight: 0.95
            }
            Label {
                width: parent.width
                visible: under.upTo + words.spacing + implicitHeight <= hero.most
                text: page.shown.ratios
                color: Theme.whiteSoft
                font.pixelSize: Theme.hint
                lineHeight: 0.95
            }
        }
    }
    Grid {
        id: grid
        y: page.tilesTop
        width: parent.width
        columns: page.columns
        rowSpacing: page.between
        columnSpacing: Theme.gap
        readonly property real cellWidth: (width - (columns - 1) * columnSpacing) / columns
        Repeater {
            model: page.shown.tiles.slice(page.sheet * page.perSheet, (page.sheet + 1) * page.perSheet)
            OptionButton {
                required property OptionPart modelData
                objectName: modelData.key
                width: grid.cellWidth
                height: page.each
                size: page.titleSize
                title: modelData.title
                hint: page.fitting(modelData)
                iconName: page.each < 120 ? "" : modelData.icon
                available: modelData.enabled
                onClicked: CurrentPage.answer(modelData.key)
            }
        }
        OptionButton {
            objectName: "more"
            visible: page.turns
            width: grid.cellWidth
            height: page.each
            size: page.titleSize
            title: qsTr("更多服务")
            hint: page.fitting({ "title": title, "hint": (page.sheet + 1) + " / " + page.sheets })
            iconName: page.each < 120 ? "" : "more"
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
