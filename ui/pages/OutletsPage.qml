// Where to go: the road with the outlets along it, then a card for each with its queue and its button.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property OutletsContent shown: view as OutletsContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    primaryLast: false
    readonly property int quickest: shown.outlets.findIndex(outlet => outlet.action.length > 0)

    Item {
        id: road
        visible: !Theme.elder
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 24 : 0
        width: parent.width
        height: visible ? 150 : 0
        readonly property int from: 36
        readonly property int to: width - 44
        Accessible.ignored: true
        Rectangle {
            x: road.from
            y: 96
            width: road.to - road.from
            height: 8
            color: Theme.line
        }
        Rectangle {
            x: road.from - 14
            y: 86
            width: 28
            height: 28
            radius: 14
            color: Theme.ink
        }
        Label {
            y: 122
            text: page.shown.here
            font.pixelSize: Theme.small
            color: Theme.soft
            Accessible.ignored: true
        }
        Repeater {
            model: page.shown.outlets
            Rectangle {
                id: mark
                required property OutletPart modelData
                required property int index
                // Two outlets at the same distance stand one above the other.
                x: road.from + (road.to - road.from) * modelData.share - 28
                y: index % 2 ? 72 : 12
                width: 56
                height: 56
                radius: 28
                color: Theme.blue
                border.color: Theme.card
                border.width: 4
                Rectangle {
                    x: 26
                    y: mark.height
                    width: 4
                    height: Math.max(0, 96 - mark.y - mark.height)
                    color: Theme.blue
                }
                Label {
                    anchors.centerIn: parent
                    text: String(mark.index + 1)
                    font.bold: true
                    font.pixelSize: Theme.small
                    color: Theme.card
                    Accessible.ignored: true
                }
            }
        }
    }
    Turning {
        id: list
        y: page.low
        width: parent.width
        height: parent.height - y
        of: page.view
        carded: false
        spacing: 24
        Repeater {
            model: page.shown.outlets
            Card {
                id: card
                required property OutletPart modelData
                required property int index
                width: list.blockWidth
                height: Math.max(words.height + 48, button.height + 48)
                // No positioner: it would leave out what a turned sheet hides, and the card would shrink.
                Item {
                    id: words
                    x: 32
                    y: (card.height - height) / 2
                    width: (card.modelData.action.length > 0 ? button.x : card.width) - x - 24
                    height: badge.y + badge.height
                    Label {
                        id: called
                        width: parent.width
                        text: (card.index + 1) + " " + card.modelData.name + "  " + card.modelData.distance
                        // A whole name of a centre of a prefecture is as long as an address.
                        font.pixelSize: Theme.cells(text) > 48 ? Theme.big(28) : Theme.px(36)
                        font.bold: true
                        lineHeight: 0.95
                    }
                    Label {
                        id: reach
                        y: called.height + 6
                        width: parent.width
                        visible: !Theme.elder   // fewer words in care mode
                        text: card.modelData.lead
                        font.pixelSize: Theme.hint
                        color: Theme.soft
                        lineHeight: 0.95
                    }
                    Badge {
                        id: badge
                        y: (Theme.elder ? called.height : reach.y + reach.height) + 6
                        text: card.modelData.state
                        tone: card.modelData.tone
                    }
                }
                PushButton {
                    id: button
                    objectName: card.modelData.key
                    visible: card.modelData.action.length > 0
                    x: card.width - width - 32
                    y: (card.height - height) / 2
                    width: Theme.elder ? 260 : 220
                    text: card.modelData.action
                    name: card.modelData.action + " " + card.modelData.name
                    primary: card.index === page.quickest
                    onClicked: CurrentPage.answer(card.modelData.key)
                }
            }
        }
    }
}
