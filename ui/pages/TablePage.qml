// A table on sheets below its sums, with a tab for each year where the table has years.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property TableContent shown: view as TableContent
    title: shown.title
    lead: shown.lead
    readonly property list<TabPart> tabs: shown.tabs
    readonly property int rows: shown.lines.length
    // Not the parts' own ``visible``, which is false while the page is kept: nothing is computed anew then.
    readonly property bool summed: shown.sums.length > 0 && (!Theme.wide || sumsFit)
    readonly property bool tabbed: tabs.length > 0
    readonly property bool turns: sheets > 1
    readonly property bool roomy: Theme.wide && !Theme.elder
    // Each column is as wide as its widest cell, and the columns share the spare width. Where they are
    // too wide together, the font is smaller.
    readonly property int largest: Theme.elder ? 42 : 32
    readonly property var allNatural: naturalWidths(shown)
    readonly property bool allFit: roomy && allNatural.reduce((sum, w) => sum + w, 0) * 28 / largest + 20 * allNatural.length < room
    readonly property list<ColumnPart> columns: shown.columns.filter(c => allFit || !c.wide)
    readonly property var natural: columns.map(c => allNatural[c.at])
    readonly property real wanted: natural.reduce((sum, w) => sum + w, 0)
    readonly property real room: card.width - 2 * rim
    readonly property real shrink: Math.min(1, (room - 20 * (columns.length - 1)) / Math.max(1, wanted))
    readonly property int cellSize: Math.max(28, Math.floor(largest * shrink))
    readonly property int headSize: Math.max(28, Math.floor((Theme.elder ? 36 : 28) * shrink))
    readonly property var widths: natural.map(w => Math.ceil(w * Math.max(cellSize / largest, headSize / (Theme.elder ? 36 : 28))) + 2)
    readonly property real between: (room - widths.reduce((sum, w) => sum + w, 0)) / Math.max(1, columns.length - 1)
    readonly property int rim: 36
    // A year stands on one sheet where a little less height for each line is enough.
    readonly property int dense: Math.floor((tableHeight - 24) / (rows + 1))
    readonly property int rowHeight: Theme.elder ? 96 : !Theme.wide && dense >= 66 && dense < 76 ? dense : 76
    readonly property int tableTop: summed && !Theme.wide ? strip.height + 24 : 0
    readonly property int tableHeight: (tabbed && !Theme.wide ? tabRow.y - Theme.gap : bodyBottom) - tableTop
    // The button that leads on stands in the foot beside the eye; where the foot is too narrow, above it.
    // 手机上继续 stands beside it; upright, and with large letters, both stand above the foot then.
    readonly property bool phones: shown.phone.length > 0
    readonly property bool leadsOn: shown.on.length > 0 || phones
    readonly property bool onAbove: leadsOn && (Theme.wide ? Theme.elder && phones : Theme.elder || phones)
    readonly property int ways: (shown.on.length > 0 ? 1 : 0) + (phones ? 1 : 0)
    readonly property int each: (bodyItem.width - (ways - 1) * Theme.gap) / Math.max(1, ways)
    readonly property int bodyBottom: bodyItem.height - (onAbove ? Theme.touch + Theme.gap : 0)
    readonly property int footRoom: footItem.width - (Theme.wide && turns ? turner.width + Theme.gap : 0)
    readonly property bool shared: leadsOn && !onAbove && shown.eye.length > 0
    readonly property int inFoot: (onAbove ? 0 : ways) + (shown.eye.length > 0 ? 1 : 0)
    readonly property int footEach: (footRoom - Math.max(0, inFoot - 1) * Theme.gap) / Math.max(1, inFoot)
    readonly property int footSize: Theme.big(shared && footEach < 400 ? 30 : 34)
    readonly property int rowsAlone: Math.floor((tableHeight - rowHeight - 24) / rowHeight)
    readonly property int perSheet: rows <= rowsAlone || Theme.wide ? Math.max(1, rowsAlone)
        : Math.max(1, Math.floor((tableHeight - 104 - Theme.gap - rowHeight - 24) / rowHeight))
    readonly property int sheets: Math.max(1, Math.ceil(rows / perSheet))
    property int sheet: 0
    property int firstTab: 0
    untouched: sheet === 0 && firstTab === tabOfFirst()
    readonly property int tabSlots: Theme.wide ? (Theme.lowered && Theme.elder ? 2 : Theme.lowered || Theme.elder || summed ? 4 : 6) : 3
    readonly property int tabsShown: tabs.length > tabSlots ? tabSlots - 1 : tabSlots
    property string shownTab: tabs.reduce((key, t) => t.current ? t.key : key, "")
    onShownTabChanged: sheet = 0
    onSheetsChanged: if (sheet >= sheets) sheet = sheets - 1
    onTabsShownChanged: firstTab = tabOfFirst()
    function tabOfFirst(): int {
        const at = tabs.findIndex(t => t.current)
        return at < 0 ? 0 : Math.floor(at / tabsShown) * tabsShown
    }

    FontMetrics { id: cellFont; font.pixelSize: page.largest }
    FontMetrics { id: boldFont; font.pixelSize: page.largest; font.bold: true }
    FontMetrics { id: headFont; font.pixelSize: Theme.elder ? 36 : 28 }
    function naturalWidths(table: TableContent): var {
        return table.columns.map(c => Math.max(measure(headFont, c.title), measure(cellFont, c.dots),
            ...Array.from(c.widest).map(text => measure(c.strong ? boldFont : cellFont, text))))
    }
    // Reads the label's height so that QML computes this anew when the font changes.
    function measure(font, text) { return font.height > 0 ? Math.ceil(font.advanceWidth(text)) : 0 }

    // Brackets of half a width: a full one at the end would stand half a letter left of the figures.
    readonly property var flush: ({ "halt": 1 })

    // The sums of the lines: upright side by side above the table, wide one below the other.
    Card {
        id: strip
        parent: Theme.wide ? page.asideItem : page.bodyItem
        readonly property int columns: Theme.wide ? 1 : Math.max(1, sums.count)
        readonly property int each: Theme.elder ? 140 : 112
        visible: page.summed
        y: Theme.wide ? 16 : 0
        width: parent.width
        height: Theme.wide ? sums.count * 76 + 24 : each
        Repeater {
            id: sums
            model: page.shown.sums
            Item {
                id: sum
                required property FactPart modelData
                required property int index
                x: Theme.wide ? page.rim : page.rim + index * (width + 24)
                y: Theme.wide ? 12 + index * 76 : 0
                width: (strip.width - 2 * page.rim - (strip.columns - 1) * 24) / strip.columns
                height: Theme.wide ? 76 : strip.each
                Label {
                    id: sumLabel
                    y: Theme.wide ? (sum.height - height) / 2 : sum.height / 2 - height
                    width: Theme.wide ? implicitWidth : parent.width
                    horizontalAlignment: Theme.wide ? Text.AlignLeft : Text.AlignRight
                    text: sum.modelData.label
                    font.pixelSize: Theme.elder && !Theme.wide ? 32 : 28
                    font.features: Theme.wide ? {} : page.flush
                    color: Theme.soft
                    wrapMode: Text.NoWrap
                }
                Label {
                    y: Theme.wide ? (sum.height - height) / 2 : sum.height / 2 - 4
                    x: Theme.wide ? sumLabel.width + 20 : 0
                    width: parent.width - x
                    horizontalAlignment: Text.AlignRight
                    text: sum.modelData.value
                    font.pixelSize: Theme.elder && !Theme.wide ? 38 : 36
                    font.bold: true
                    fontSizeMode: Text.HorizontalFit
                    minimumPixelSize: 28
                    wrapMode: Text.NoWrap
                }
            }
        }
    }
    readonly property bool sumsFit: !Theme.elder && !Theme.lowered
    Card {
        id: card
        y: page.tableTop
        width: parent.width
        height: page.rows === 0 ? Math.min(320, page.tableHeight) : page.rowHeight * (Math.min(page.perSheet, page.rows) + 1) + 24
        Label {
            visible: page.rows === 0
            anchors.centerIn: parent
            width: parent.width - 2 * Theme.inset
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.empty
            color: Theme.soft
        }
        Column {
            visible: page.rows > 0
            x: page.rim
            y: 12
            width: parent.width - 2 * page.rim
            Row {
                id: heads
                width: parent.width
                height: page.rowHeight
                spacing: page.between
                Repeater {
                    model: page.columns
                    Label {
                        required property ColumnPart modelData
                        required property int index
                        width: page.widths[index]
                        height: heads.height
                        verticalAlignment: Text.AlignVCenter
                        horizontalAlignment: modelData.right ? Text.AlignRight : Text.AlignLeft
                        text: modelData.title
                        font.pixelSize: page.headSize
                        font.features: modelData.right ? page.flush : {}
                        color: Theme.soft
                        wrapMode: Text.NoWrap
                    }
                }
            }
            Repeater {
                model: page.shown.lines.slice(page.sheet * page.perSheet, (page.sheet + 1) * page.perSheet)
                Item {
                    id: line
                    required property LinePart modelData
                    readonly property list<string> texts: modelData.texts
                    readonly property list<string> tones: modelData.tones
                    width: heads.width
                    height: page.rowHeight
                    Rectangle { width: parent.width; height: Theme.hair; color: Theme.line }
                    Row {
                        anchors.fill: parent
                        spacing: page.between
                        Repeater {
                            model: page.columns
                            Label {
                                required property ColumnPart modelData
                                required property int index
                                readonly property string tone: line.tones[modelData.at] ?? ""  // none: a table of fewer columns follows
                                readonly property bool quiet: modelData.quiet || tone === "hidden"
                                width: page.widths[index]
                                height: line.height
                                verticalAlignment: Text.AlignVCenter
                                horizontalAlignment: modelData.right ? Text.AlignRight : Text.AlignLeft
                                text: line.texts[modelData.at] ?? ""
                                font.pixelSize: page.cellSize
                                font.bold: modelData.strong && tone !== "hidden"
                                color: quiet ? Theme.soft : Theme.toneColor(tone)
                                wrapMode: Text.NoWrap
                            }
                        }
                    }
                }
            }
        }
    }
    Turner {
        id: turner
        parent: Theme.wide ? page.footItem : page.bodyItem
        visible: page.turns
        sheet: page.sheet
        sheets: page.sheets
        worded: !Theme.wide || !Theme.elder && !page.leadsOn
        each: Theme.wide ? Theme.touch : 104
        x: Theme.wide ? parent.width - width : (parent.width - width) / 2
        y: Theme.wide ? 0 : page.tableTop + page.tableHeight - height
        onTurned: to => page.sheet = to
    }
    Grid {
        id: tabRow
        parent: Theme.wide ? page.asideItem : page.bodyItem
        visible: page.tabbed
        width: parent.width
        y: Theme.wide ? Math.max(page.summed ? strip.y + strip.height + 24 : 16, page.pressTop - page.asideItem.parent.y - page.asideItem.y) : page.bodyBottom - height
        columns: Theme.wide ? 2 : 3
        spacing: 24
        readonly property int tall: Theme.lowered && Theme.wide ? Theme.least : 104
        readonly property real each: (width - (columns - 1) * spacing) / columns
        Repeater {
            model: page.tabs.slice(page.firstTab, page.firstTab + page.tabsShown)
            PushButton {
                required property TabPart modelData
                objectName: modelData.key
                width: tabRow.each
                height: tabRow.tall
                chosen: modelData.current
                text: modelData.title
                Accessible.role: Accessible.PageTab
                Accessible.checked: modelData.current
                onClicked: if (!modelData.current) CurrentPage.answer(modelData.key)
            }
        }
        PushButton {
            objectName: "otherTabs"
            visible: page.tabs.length > page.tabsShown
            width: tabRow.each
            height: tabRow.tall
            sleepy: false
            text: qsTr("其他年份")
            onClicked: page.firstTab = page.firstTab + page.tabsShown < page.tabs.length ? page.firstTab + page.tabsShown : 0
        }
    }
    foot: PushButton {
        id: eye
        objectName: "eye"
        visible: page.shown.eye.length > 0
        x: Theme.wide || page.leadsOn && !page.onAbove ? 0 : parent.width - width
        width: Math.min(page.footEach, Math.max(implicitWidth, 320))
        sleepy: false
        size: page.footSize
        text: page.shown.eye
        iconName: page.footEach < 320 ? "" : page.shown.revealed ? "eye-off" : "eye"
        onClicked: Appearance.toggleNumbers()
    }
    // In this item the buttons keep their order for the Tab key, wherever the item stands.
    Item {
        parent: page.onAbove ? page.bodyItem : page.footItem
        visible: page.leadsOn
        x: page.onAbove ? 0 : Theme.wide ? eye.width + Theme.gap : parent.width - width
        y: page.onAbove ? parent.height - height : 0
        width: page.onAbove ? parent.width : page.phones ? phone.x + phone.width : on.width
        height: Theme.touch
        PushButton {
            id: on
            objectName: page.shown.on
            visible: page.shown.on.length > 0
            width: page.onAbove ? page.each : Math.min(page.footEach, Math.max(implicitWidth, 320))
            size: page.footSize
            text: page.shown.onTitle
            iconName: page.footEach < 320 && !page.onAbove ? "" : "printer"
            onClicked: CurrentPage.answer(page.shown.on)
        }
        PushButton {
            id: phone
            objectName: page.shown.phone
            visible: page.phones
            x: page.shown.on.length > 0 ? on.width + Theme.gap : 0
            width: page.onAbove ? page.each : Math.min(page.footEach, Math.max(implicitWidth, 320))
            size: page.footSize
            text: page.shown.phoneTitle
            iconName: page.footEach < 320 && !page.onAbove ? "" : "phone"
            onClicked: CurrentPage.answer(page.shown.phone)
        }
    }
}
