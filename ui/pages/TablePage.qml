// A table that is turned page by page, with tabs where there are years to choose from.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    pressable: false
    readonly property var tabs: view.tabs || []
    readonly property var rows: view.rows || []
    readonly property var columns: (view.columns || []).map((c, i) => Object.assign({ "at": i }, c)).filter(c => !c.wide || (Theme.wide && !Theme.elder))
    readonly property real shares: columns.reduce((sum, c) => sum + c.share, 0)
    readonly property int rowHeight: Theme.px(80)
    readonly property int perSheet: Math.max(1, Math.floor((content.height - rowHeight - 32 - (turner.visible && !Theme.wide ? turner.height + Theme.gap : 0)) / rowHeight))
    readonly property int sheets: Math.max(1, Math.ceil(rows.length / perSheet))
    property int sheet: 0
    property int firstTab: 0
    readonly property int tabSlots: Theme.wide ? 4 : 3
    readonly property int tabsShown: tabs.length > tabSlots ? tabSlots - 1 : tabSlots
    property string shownTab: tabs.reduce((key, t) => t.current ? t.key : key, "")
    onShownTabChanged: sheet = 0

    aside: Column {
        width: parent.width
        spacing: 20
        Item { width: 1; height: 2 }
        Chip {
            objectName: "eye"
            text: page.view.eye || ""
            iconName: page.view.revealed ? "eye-off" : "eye"
            onClicked: Bridge.toggleNumbers()
        }
        Grid {
            id: tabGrid
            width: parent.width
            columns: Theme.wide ? 2 : 3
            spacing: 24
            Repeater {
                model: page.tabs.slice(page.firstTab, page.firstTab + page.tabsShown)
                PushButton {
                    required property var modelData
                    objectName: modelData.key
                    width: (tabGrid.width - (tabGrid.columns - 1) * tabGrid.spacing) / tabGrid.columns
                    height: 104
                    primary: modelData.current
                    text: modelData.title
                    checkable: false
                    Accessible.role: Accessible.PageTab
                    Accessible.checked: modelData.current
                    onClicked: if (!modelData.current) Bridge.answer(modelData.key)
                }
            }
            PushButton {
                objectName: "otherTabs"
                visible: page.tabs.length > page.tabsShown
                width: (tabGrid.width - (tabGrid.columns - 1) * tabGrid.spacing) / tabGrid.columns
                height: 104
                sleepy: false
                text: page.firstTab + page.tabsShown < page.tabs.length ? qsTr("更早") : qsTr("最近")
                onClicked: page.firstTab = page.firstTab + page.tabsShown < page.tabs.length ? page.firstTab + page.tabsShown : 0
            }
        }
    }
    Item {
        id: content
        anchors.fill: parent
        Card {
            id: card
            width: parent.width
            height: page.rows.length === 0 ? 320 : page.rowHeight * (Math.min(page.perSheet, page.rows.length) + 1) + 32
            Label {
                visible: page.rows.length === 0
                anchors.centerIn: parent
                width: parent.width - 2 * Theme.inset
                horizontalAlignment: Text.AlignHCenter
                text: page.view.empty || ""
                color: Theme.soft
            }
            Column {
                visible: page.rows.length > 0
                x: 36
                y: 16
                width: parent.width - 72
                Row {
                    id: heads
                    width: parent.width
                    height: page.rowHeight
                    Repeater {
                        model: page.columns
                        Label {
                            required property var modelData
                            width: heads.width * modelData.share / page.shares
                            height: heads.height
                            verticalAlignment: Text.AlignVCenter
                            horizontalAlignment: modelData.right ? Text.AlignRight : Text.AlignLeft
                            text: modelData.title
                            font.pixelSize: Theme.small
                            color: Theme.soft
                            wrapMode: Text.NoWrap
                            fontSizeMode: Text.HorizontalFit
                            minimumPixelSize: 20
                        }
                    }
                }
                Repeater {
                    model: page.rows.slice(page.sheet * page.perSheet, (page.sheet + 1) * page.perSheet)
                    Item {
                        id: line
                        required property var modelData
                        width: heads.width
                        height: page.rowHeight
                        Rectangle { width: parent.width; height: 1; color: Theme.line }
                        Row {
                            anchors.fill: parent
                            Repeater {
                                model: page.columns
                                Label {
                                    required property var modelData
                                    readonly property var cell: line.modelData[modelData.at]
                                    width: line.width * modelData.share / page.shares
                                    height: line.height
                                    verticalAlignment: Text.AlignVCenter
                                    horizontalAlignment: modelData.right ? Text.AlignRight : Text.AlignLeft
                                    text: cell.text
                                    font.pixelSize: Theme.px(32)
                                    font.bold: cell.bold
                                    color: cell.tone.length > 0 ? Theme.toneColor(cell.tone) : cell.soft ? Theme.soft : Theme.ink
                                    wrapMode: Text.NoWrap
                                    fontSizeMode: Text.HorizontalFit
                                    minimumPixelSize: 20
                                }
                            }
                        }
                    }
                }
            }
        }
        Row {
            id: turner
            parent: Theme.wide ? page.footItem : page.bodyItem
            visible: page.rows.length > Math.floor((content.height - page.rowHeight - 32) / page.rowHeight)
            x: Theme.wide ? parent.width - width : (parent.width - width) / 2
            y: parent.height - height
            spacing: Theme.gap
            height: Theme.wide ? Theme.touch : 104
            PushButton {
                objectName: "previous"
                height: turner.height
                sleepy: false
                text: qsTr("上一页")
                iconName: "up"
                available: page.sheet > 0
                onClicked: page.sheet -= 1
            }
            Label {
                anchors.verticalCenter: parent.verticalCenter
                width: 160
                horizontalAlignment: Text.AlignHCenter
                text: (page.sheet + 1) + " / " + page.sheets
                color: Theme.soft
            }
            PushButton {
                objectName: "next"
                height: turner.height
                sleepy: false
                text: qsTr("下一页")
                iconName: "down"
                available: page.sheet < page.sheets - 1
                onClicked: page.sheet += 1
            }
        }
    }
}
