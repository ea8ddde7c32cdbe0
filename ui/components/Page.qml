// The frame of a page: title, lead, content, and the foot, where 退出 and 返回 never move.
//
// Upright: title above, content below. Wide: title at the left (with ``span``, above), content beside.
// ``low`` is where the body's buttons may begin: buttons stand in the lower two thirds of the screen,
// in the lowered layout in the lower half.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk

BarePage {
    id: page
    property string title
    property string lead
    property bool span: false
    property int asideWidth: 620
    property alias aside: asideExtra.data
    property list<ActionPart> actions
    property bool primaryLast: true           // the last action is the primary button
    property bool above: false                // upright, the foot has no room for the actions
    property alias foot: footSlot.data
    default property alias content: body.data
    readonly property Item asideItem: asideExtra
    readonly property Item bodyItem: body
    readonly property Item footItem: footSlot

    readonly property int footTop: height - Theme.foot - Theme.touch
    readonly property int toolsHeight: Theme.lowered ? Theme.least + Theme.gap : 0
    // The actions stand in the foot; where the foot is too narrow, in a row above the foot.
    readonly property bool waysAbove: !Theme.wide && actions.length > (above || Theme.elder ? 0 : page.back ? 1 : 2)
    // Three or four are too narrow side by side: the last one stands in the foot, beside 退出.
    readonly property bool lastBelow: waysAbove && actions.length > 2 && !page.back
    readonly property int waysHeight: waysAbove ? Theme.touch + Theme.gap : 0
    readonly property bool beside: Theme.wide && !span
    readonly property int pressTop: Math.ceil(Appearance.stageHeight / (Theme.lowered ? 2 : 3)) - (Appearance.stageHeight - height)
    readonly property int low: Math.max(0, pressTop - body.y)   // from the body's top
    readonly property int asideHeight: footTop - Theme.gap - toolsHeight - asideExtra.y - asideColumn.y

    // Gives title and lead their places at once, and with them the body its height: else the next frame does.
    function settle() { asideColumn.forceLayout() }

    Column {
        id: asideColumn
        x: Theme.side
        y: Theme.wide ? 32 : 40
        width: page.beside ? page.asideWidth : page.width - 2 * Theme.side
        spacing: 12
        Label {
            width: parent.width
            visible: text.length > 0
            text: page.title
            font.pixelSize: Theme.title
            font.bold: true
            lineHeight: 0.85
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            visible: text.length > 0
            text: page.lead
            font.pixelSize: Theme.lead
            color: Theme.soft
            lineHeight: 0.95
        }
        Item {
            id: asideExtra
            width: parent.width
            height: childrenRect.height
        }
    }
    Item {
        id: body
        x: page.beside ? Theme.side + page.asideWidth + 56 : Theme.side
        y: page.beside ? 32 : asideColumn.y + asideColumn.height + (asideColumn.height > 0 ? 28 : 0)
        width: page.width - x - Theme.side
        height: page.footTop - Theme.gap - (page.beside || !page.leave && Theme.wide ? 0 : page.toolsHeight) - page.waysHeight - y
    }
    Item {
        id: waysSlot
        x: Theme.side
        y: page.footTop - page.toolsHeight - Theme.gap - Theme.touch
        width: page.width - 2 * Theme.side
        height: Theme.touch
    }
    ActionRow {
        parent: page.waysAbove ? waysSlot : footSlot
        visible: page.actions.length > 0
        width: parent.width
        model: page.lastBelow ? page.actions.slice(0, -1) : page.actions
        primaryLast: page.primaryLast && !page.lastBelow
    }
    ActionRow {
        parent: footSlot
        visible: page.lastBelow
        width: parent.width
        model: page.lastBelow ? page.actions.slice(-1) : []
        primaryLast: page.primaryLast
    }
    Row {
        id: leaving
        x: Theme.side
        y: page.footTop
        spacing: Theme.gap
        PushButton {
            objectName: "leave"
            visible: page.leave
            text: qsTr("退出")
            iconName: "leave"
            sleepy: false
            width: Theme.elder ? 280 : 232
            onClicked: CurrentPage.leave()
        }
        PushButton {
            objectName: "back"
            visible: page.leave && page.back
            text: qsTr("返回")
            iconName: "back"
            width: Theme.elder ? 280 : 232
            onClicked: CurrentPage.goBack()
        }
    }
    Item {
        id: footSlot
        x: leaving.x + (leaving.width > 0 ? leaving.width + Theme.gap : 0)
        y: page.footTop
        width: page.width - x - Theme.side
        height: Theme.touch
    }
}
